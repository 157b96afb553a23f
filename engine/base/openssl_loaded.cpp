// SPDX-License-Identifier: Apache-2.0
// OpenSSL is not linked: each of its functions that this program calls is an entry here, one jump
// through a slot that is filled when the library is opened. A function that is called and is not in
// the list is undefined when the program is linked. Compiled without link-time optimisation, which
// does not look into assembler.
#include "engine/base/mutex.h"
#include "engine/base/openssl.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <string>

// clang-format off
#define MR_OPENSSL_FUNCTIONS(X) \
  X(CRYPTO_memcmp) X(EVP_DecodeBlock) X(EVP_EncodeBlock) X(EVP_MD_get_size) X(EVP_sha256) \
  X(EVP_sha512) X(HMAC) X(PKCS5_PBKDF2_HMAC) X(RAND_bytes) \
  X(BIO_ctrl) X(BIO_ctrl_pending) X(BIO_free) X(BIO_new) X(BIO_new_bio_pair) X(BIO_new_mem_buf) \
  X(BIO_read) X(BIO_s_mem) X(BIO_write) X(ERR_clear_error) X(ERR_get_error) \
  X(ERR_lib_error_string) X(ERR_peek_last_error) X(ERR_reason_error_string) X(EVP_Digest) \
  X(EVP_DigestFinal_ex) X(EVP_DigestInit_ex) X(EVP_DigestUpdate) X(EVP_DigestVerify) \
  X(EVP_DigestVerifyInit) X(EVP_MD_CTX_free) X(EVP_MD_CTX_new) X(EVP_PKEY_free) \
  X(EVP_PKEY_new_raw_public_key) X(EVP_get_digestbyname) X(OPENSSL_sk_new_null) \
  X(OPENSSL_sk_num) X(OPENSSL_sk_pop_free) X(OPENSSL_sk_push) X(OPENSSL_sk_value) \
  X(PEM_read_bio_PrivateKey) X(PEM_read_bio_X509_AUX) X(PEM_read_bio_X509_CRL) X(PKCS12_free) X(PKCS12_parse) \
  X(SSL_CTX_add_client_CA) X(SSL_CTX_ctrl) X(SSL_CTX_free) X(SSL_CTX_get0_param) \
  X(SSL_CTX_get_cert_store) X(SSL_CTX_get_default_passwd_cb_userdata) X(SSL_CTX_get_ex_data) \
  X(SSL_CTX_new) X(SSL_CTX_set_default_passwd_cb_userdata) X(SSL_CTX_set_default_verify_paths) \
  X(SSL_CTX_set_ex_data) X(SSL_CTX_set_num_tickets) X(SSL_CTX_set_options) X(SSL_CTX_up_ref) \
  X(SSL_CTX_use_PrivateKey) X(SSL_CTX_use_certificate) X(SSL_accept) X(SSL_connect) X(SSL_ctrl) \
  X(SSL_free) X(SSL_get0_param) X(SSL_get1_peer_certificate) X(SSL_get_error) \
  X(SSL_get_ex_data) X(SSL_get_shutdown) X(SSL_get_verify_result) X(SSL_new) X(SSL_read) \
  X(SSL_set1_host) X(SSL_set_bio) X(SSL_set_ex_data) X(SSL_set_verify) X(SSL_shutdown) \
  X(SSL_write) X(TLS_method) X(X509_NAME_print_ex) X(X509_CRL_free) X(X509_STORE_add_cert) \
  X(X509_STORE_add_crl) \
  X(X509_VERIFY_PARAM_set1_ip_asc) X(X509_VERIFY_PARAM_set_flags) X(X509_check_private_key) \
  X(X509_free) X(X509_get_issuer_name) X(X509_get_subject_name) \
  X(X509_verify_cert_error_string) X(d2i_PKCS12_bio)
// clang-format on

// What is called at the program's end, whether or not the library was ever opened.
#define MR_OPENSSL_LAST_FUNCTIONS(X) X(CONF_modules_unload)

extern "C" {
[[noreturn]] void millraceOpenSslMissing();
void millraceOpenSslUnneeded();
}

[[noreturn]] void millraceOpenSslMissing() {
  std::fputs("millrace: a function of OpenSSL was called before the library was opened\n", stderr);
  std::abort();
}
void millraceOpenSslUnneeded() {}

#if defined(__x86_64__)
#define MR_JUMP(name) "  jmp *millraceSlotOf_" #name "(%rip)\n"
#elif defined(__aarch64__)
#define MR_JUMP(name)                                                                  \
  "  adrp x16, millraceSlotOf_" #name "\n  ldr x16, [x16, :lo12:millraceSlotOf_" #name \
  "]\n  br x16\n"
#else
#error "no entry is written for this processor: link OpenSSL (openssl_linked.cpp)"
#endif

#define MR_ENTRY(name, before)                                                        \
  asm(".text\n.globl " #name "\n.hidden " #name "\n.type " #name ",%function\n" #name \
      ":\n" MR_JUMP(name) ".size " #name ", .-" #name                                 \
                          "\n.data\n.p2align 3\n.globl millraceSlotOf_" #name         \
                          "\n.hidden millraceSlotOf_" #name "\nmillraceSlotOf_" #name \
                          ":\n  .quad " before "\n.text\n");                          \
  extern "C" void* millraceSlotOf_##name;

#define MR_ENTRY_USED(name) MR_ENTRY(name, "millraceOpenSslMissing")
#define MR_ENTRY_LAST(name) MR_ENTRY(name, "millraceOpenSslUnneeded")

MR_OPENSSL_FUNCTIONS(MR_ENTRY_USED)
MR_OPENSSL_LAST_FUNCTIONS(MR_ENTRY_LAST)

namespace millrace {
namespace {

#if defined(MR_STATIC)
// A static program has no libraries that it could open.
Result<> open() {
  return Error::environment(
      "this is the static build, which has neither TLS nor digests; take the other one", false);
}
#else
struct Slot {
  const char* name;
  void** place;
};
#define MR_SLOT(name) {#name, &millraceSlotOf_##name},
constexpr Slot kSlots[] = {MR_OPENSSL_FUNCTIONS(MR_SLOT) MR_OPENSSL_LAST_FUNCTIONS(MR_SLOT)};

constexpr const char* kLibrary = "libssl.so.3";

Error missing() {
  const char* const why = ::dlerror();
  return Error::environment(
      fmt::format("TLS and digests need OpenSSL 3, which cannot be opened ({}); install libssl3",
                  why == nullptr ? kLibrary : why));
}

Result<> open() {
  // It stays to the end of the process: nobody can know who still has a function of it.
  void* const library = ::dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return missing();
  void* found[std::size(kSlots)];
  for (std::size_t i = 0; i < std::size(kSlots); ++i) {
    found[i] = ::dlsym(library, kSlots[i].name);
    if (found[i] == nullptr) return missing();
  }
  for (std::size_t i = 0; i < std::size(kSlots); ++i) *kSlots[i].place = found[i];
  return Done{};
}
#endif

}  // namespace

Result<> requireOpenSsl() {
  static Mutex mutex;
  static bool opened = false;  // once it is, it is for good
  const MutexLock lock(mutex);
  if (opened) return Done{};
  MR_TRY(open());
  opened = true;
  return Done{};
}

}  // namespace millrace

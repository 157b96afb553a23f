// SPDX-License-Identifier: Apache-2.0
#include "engine/processor/processor.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace millrace::processors {
namespace {

// The layout of an encrypted content:
//   content := [salt "NiFiSALT"] vector "NiFiIV" ciphertext tag
//   salt    := "$s0$e0801$" and 16 random bytes in base64 without padding: scrypt (RFC 7914) with
//              N = 2^14, r = 8, p = 1 over those bytes makes the 32 bytes of the key
//   vector  := 16 random bytes (up to 64 are read); tag := the 16 bytes of AES-GCM
constexpr std::string_view kSaltMark = "NiFiSALT";
constexpr std::string_view kVectorMark = "NiFiIV";
constexpr std::string_view kSaltHead = "$s0$e0801$";
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kVectorBytes = 16;
constexpr std::size_t kMostVectorBytes = 64;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kDerivedKeyBytes = 32;

constexpr std::string_view kEncrypt = "Encrypt";
constexpr std::string_view kDecrypt = "Decrypt";
constexpr std::array kModes{
    AllowedValue{kEncrypt, "The content becomes unreadable without the key."},
    AllowedValue{kDecrypt, "The content becomes what was encrypted."}};
constexpr std::string_view kScrypt = "SCRYPT";
constexpr std::string_view kNone = "NONE";
constexpr std::array kDerivations{
    AllowedValue{kScrypt, "The key is made of Password by scrypt, with a new salt each time."},
    AllowedValue{kNone, "The key is Raw Key."}};
constexpr std::array kAlgorithms{
    AllowedValue{"AES_GCM", "AES in Galois/Counter Mode, which notices every change."}};
constexpr std::array kScryptOnly{kScrypt};
constexpr std::array kNoneOnly{kNone};
constexpr std::array<std::string_view, 1> kDerivationAliases{"key-derivation-function"};
constexpr std::array<std::string_view, 1> kRawAliases{"raw-key-hex"};

constexpr Property<std::string> kMode{{.name = "Mode",
                                       .description = "Which way the content goes.",
                                       .defaultValue = kEncrypt,
                                       .required = true,
                                       .allowed = kModes}};
constexpr Property<std::string> kDerivation{{.name = "Key Derivation Function",
                                             .description = "Where the key comes from.",
                                             .defaultValue = kScrypt,
                                             .required = true,
                                             .allowed = kDerivations,
                                             .aliases = kDerivationAliases}};
constexpr Property<std::string> kAlgorithm{{.name = "Encryption Algorithm",
                                            .description = "The cipher.",
                                            .defaultValue = "AES_GCM",
                                            .required = true,
                                            .allowed = kAlgorithms}};
constexpr Property<std::string> kPassword{{.name = "Password",
                                           .description = "What the key is made of.",
                                           .required = true,
                                           .sensitive = true,
                                           .dependsOn = "Key Derivation Function",
                                           .dependsOnValues = kScryptOnly}};
constexpr Property<std::string> kRawKey{
    {.name = "Raw Key (hexadecimal)",
     .description = "The key, as 32, 48 or 64 hexadecimal digits.",
     .required = true,
     .sensitive = true,
     .aliases = kRawAliases,
     .dependsOn = "Key Derivation Function",
     .dependsOnValues = kNoneOnly}};
constexpr std::array kProperties{&kMode.info, &kDerivation.info, &kAlgorithm.info, &kPassword.info,
                                 &kRawKey.info};

constexpr Relationship kSuccess{"success", "FlowFiles that were encrypted or decrypted."};
constexpr Relationship kFailure{
    "failure", "What was not encrypted so, or with another key, or was changed since."};
constexpr std::array kRelationships{&kSuccess, &kFailure};
constexpr std::array kWrites{AttributeInfo{"encryptcontent.action", "encrypted or decrypted."},
                             AttributeInfo{"encryptcontent.algorithm", "AES_GCM."},
                             AttributeInfo{"encryptcontent.kdf", "SCRYPT or NONE."}};
constexpr std::array<std::string_view, 5> kTags{"encrypt", "decrypt", "aes", "password", "scrypt"};

using Bytes = std::vector<unsigned char>;

const unsigned char* bytesOf(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::optional<Bytes> fromHexadecimal(std::string_view text) {
  const auto digit = [](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  Bytes bytes;
  if (text.size() % 2 != 0) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = digit(text[i]);
    const int low = digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<unsigned char>(high * 16 + low));
  }
  return bytes;
}

bool isKeyLength(std::size_t bytes) { return bytes == 16 || bytes == 24 || bytes == 32; }

std::string base64(const Bytes& bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                  static_cast<int>(bytes.size()));
  while (!text.empty() && (text.back() == '\0' || text.back() == '=')) text.pop_back();
  return text;
}

std::optional<Bytes> fromBase64(std::string text) {
  const std::size_t digits = text.size();
  while (text.size() % 4 != 0) text += '=';
  Bytes bytes(text.size() / 4 * 3);
  if (EVP_DecodeBlock(bytes.data(), bytesOf(text), static_cast<int>(text.size())) < 0)
    return std::nullopt;
  bytes.resize(digits * 3 / 4);
  return bytes;
}

Result<Bytes> derive(std::string_view password, const Bytes& salt) {
  Bytes key(kDerivedKeyBytes);
  constexpr std::uint64_t kCost = 1 << 14;
  constexpr std::uint64_t kMemory = 64 << 20;  // more than N and r need
  if (EVP_PBE_scrypt(password.data(), password.size(), salt.data(), salt.size(), kCost, 8, 1,
                     kMemory, key.data(), key.size()) != 1)
    return Error::environment("there is no memory to derive a key");
  return key;
}

struct EndCipher {
  void operator()(EVP_CIPHER_CTX* cipher) const { EVP_CIPHER_CTX_free(cipher); }
};

/// One pass of AES-GCM.
class Cipher {
 public:
  enum class Way : int { kReveal = 0, kHide = 1 };
  static Result<Cipher> start(Way way, const Bytes& key, std::string_view vector) {
    Cipher cipher;
    cipher.cipher_.reset(EVP_CIPHER_CTX_new());
    EVP_CIPHER_CTX* native = cipher.cipher_.get();
    const EVP_CIPHER* kind = key.size() == 16   ? EVP_aes_128_gcm()
                             : key.size() == 24 ? EVP_aes_192_gcm()
                                                : EVP_aes_256_gcm();
    const int direction = static_cast<int>(way);
    const bool ready =
        native != nullptr &&
        EVP_CipherInit_ex(native, kind, nullptr, nullptr, nullptr, direction) == 1 &&
        EVP_CIPHER_CTX_ctrl(native, EVP_CTRL_GCM_SET_IVLEN, static_cast<int>(vector.size()),
                            nullptr) == 1 &&
        EVP_CipherInit_ex(native, nullptr, nullptr, key.data(), bytesOf(vector), direction) == 1;
    if (!ready) return Error::user("the content has no initialization vector that can be used");
    return cipher;
  }
  Result<> add(std::string_view bytes, std::string& into) {
    into.resize(bytes.size() + 16);
    int written = 0;
    if (EVP_CipherUpdate(cipher_.get(), reinterpret_cast<unsigned char*>(into.data()), &written,
                         bytesOf(bytes), static_cast<int>(bytes.size())) != 1)
      return Error::user("the content is too long to be encrypted in one");
    into.resize(static_cast<std::size_t>(written));
    return Done{};
  }
  /// Ends an encryption; the tag.
  Result<std::string> tag() {
    std::string tag(kTagBytes, '\0');
    std::array<unsigned char, 16> none{};
    int written = 0;
    if (EVP_CipherFinal_ex(cipher_.get(), none.data(), &written) != 1 ||
        EVP_CIPHER_CTX_ctrl(cipher_.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, tag.data()) != 1)
      return Error::bug("a cipher could not be ended");
    return tag;
  }
  /// Ends a decryption; false: something is not as it was encrypted.
  bool verify(std::string tag) {
    std::array<unsigned char, 16> none{};
    int written = 0;
    return EVP_CIPHER_CTX_ctrl(cipher_.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1 &&
           EVP_CipherFinal_ex(cipher_.get(), none.data(), &written) == 1;
  }

 private:
  std::unique_ptr<EVP_CIPHER_CTX, EndCipher> cipher_;
};

Result<Bytes> randomBytes(std::size_t count) {
  Bytes bytes(count);
  if (RAND_bytes(bytes.data(), static_cast<int>(count)) != 1)
    return Error::environment("the system gives no random bytes");
  return bytes;
}

class EncryptContent final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    rawKey_.reset();
    if (context.get(kDerivation) == kScrypt) return Done{};
    rawKey_ = fromHexadecimal(context.get(kRawKey));
    if (!rawKey_ || !isKeyLength(rawKey_->size()))
      return Error::user("Raw Key (hexadecimal) must have 32, 48 or 64 hexadecimal digits");
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* file = session.get();
    if (file == nullptr) return Done{};
    const bool encrypts = context.get(kMode) == kEncrypt;
    const auto done =
        encrypts ? encrypt(context, session, *file) : decrypt(context, session, *file);
    if (!done.ok() && done.error().fault != Fault::kUser) return done;
    if (!done.ok()) {
      context.log(BulletinLevel::kError,
                  fmt::format("{}: {}", file->value("filename"), done.error().message));
      session.transfer(*file, kFailure);
      return Done{};
    }
    const std::array<Attributes::Pair, 3> facts{
        {{"encryptcontent.action", encrypts ? "encrypted" : "decrypted"},
         {"encryptcontent.algorithm", context.get(kAlgorithm)},
         {"encryptcontent.kdf", context.get(kDerivation)}}};
    session.putAttributes(*file, facts);
    session.transfer(*file, kSuccess);
    return Done{};
  }

 private:
  Result<> encrypt(ProcessContext& context, ProcessSession& session, SessionFlowFile& file) const {
    std::string head;
    Bytes key;
    if (rawKey_) {
      key = *rawKey_;
    } else {
      const Bytes salt = MR_TRY(randomBytes(kSaltBytes));
      key = MR_TRY(derive(context.get(kPassword), salt));
      head = std::string(kSaltHead) + base64(salt) + std::string(kSaltMark);
    }
    const Bytes random = MR_TRY(randomBytes(kVectorBytes));
    const std::string vector(random.begin(), random.end());
    head += vector;
    head += kVectorMark;
    Cipher cipher = MR_TRY(Cipher::start(Cipher::Way::kHide, key, vector));
    const auto reader = MR_TRY(session.read(file));
    const auto writer = MR_TRY(session.write(file));
    MR_TRY(writer->write(std::string_view(head)));
    std::string piece;
    for (;;) {
      const ByteView part = MR_TRY(reader->next());
      if (part.empty()) break;
      MR_TRY(cipher.add(asText(part), piece));
      MR_TRY(writer->write(std::string_view(piece)));
    }
    MR_TRY(writer->write(std::string_view(MR_TRY(cipher.tag()))));
    return writer->finish();
  }

  /// Nothing of it is kept before the tag was found right.
  Result<> decrypt(ProcessContext& context, ProcessSession& session, SessionFlowFile& file) const {
    const auto reader = MR_TRY(session.read(file));
    std::string window;
    const auto more = [&]() -> Result<bool> {
      const ByteView part = MR_TRY(reader->next());
      window += asText(part);
      return !part.empty();
    };
    constexpr std::size_t kMostHead = 256;
    while (window.size() < kMostHead && MR_TRY(more())) {
    }
    Bytes key;
    if (rawKey_) {
      key = *rawKey_;
    } else {
      const std::size_t end = window.find(kSaltMark);
      if (!window.starts_with(kSaltHead) || end == std::string::npos || end > kMostHead)
        return Error::user("the content was not encrypted with a password and scrypt");
      const auto salt = fromBase64(window.substr(kSaltHead.size(), end - kSaltHead.size()));
      if (!salt) return Error::user("the content has no salt that can be read");
      key = MR_TRY(derive(context.get(kPassword), *salt));
      window.erase(0, end + kSaltMark.size());
    }
    const std::size_t end = window.find(kVectorMark);
    if (end == std::string::npos || end == 0 || end > kMostVectorBytes)
      return Error::user("the content was not encrypted with AES-GCM");
    Cipher cipher =
        MR_TRY(Cipher::start(Cipher::Way::kReveal, key, std::string_view(window).substr(0, end)));
    window.erase(0, end + kVectorMark.size());
    const auto writer = MR_TRY(session.write(file));
    std::string piece;
    do {
      if (window.size() <= kTagBytes) continue;  // the last bytes are the tag
      const std::size_t ready = window.size() - kTagBytes;
      MR_TRY(cipher.add(std::string_view(window).substr(0, ready), piece));
      MR_TRY(writer->write(std::string_view(piece)));
      window.erase(0, ready);
    } while (MR_TRY(more()));
    if (window.size() != kTagBytes || !cipher.verify(window)) {
      return Error::user(
          "the content cannot be decrypted: it was encrypted with another key, or "
          "changed since");
    }
    return writer->finish();
  }

  std::optional<Bytes> rawKey_;
};

std::vector<std::string> check(std::span<const PropertyText> values) {
  const std::string_view text = textOf(values, kRawKey.info.name);
  if (textOf(values, kDerivation.info.name) != kNone || text.empty()) return {};
  const auto key = fromHexadecimal(text);
  if (key && isKeyLength(key->size())) return {};
  return {"Raw Key (hexadecimal) must have 32, 48 or 64 hexadecimal digits"};
}

}  // namespace

MR_PROCESSOR(encrypt_content){
    .type = "EncryptContent",
    .summary = "Encrypts content with AES-GCM, or decrypts what it encrypted.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .writesAttributes = kWrites,
    .batching = true,
    .validate = check,
    .make = make<EncryptContent>};

}  // namespace millrace::processors

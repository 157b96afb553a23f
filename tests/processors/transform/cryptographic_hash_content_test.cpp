// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/processor_bench.h"

#include <QtTest>

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_cryptographic_hash_content;
}

using millrace::tests::ProcessorBench;

/// Expected digests are the published test vectors of FIPS 180 and RFC 1321.
class CryptographicHashContentTest : public QObject {
  Q_OBJECT

 private:
  static std::string hash(const std::string& algorithm, std::string_view content) {
    ProcessorBench bench(millrace::processors::processorIn_cryptographic_hash_content);
    bench.set("Hash Algorithm", algorithm);
    bench.enqueue(content);
    bench.run();
    return bench.outputs("success").at(0).attributes.at("content_" + algorithm);
  }

 private slots:
  void knownTextsHaveTheirPublishedDigests() {
    QCOMPARE(hash("SHA-256", "abc"),
             std::string("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    QCOMPARE(hash("MD5", "abc"), std::string("900150983cd24fb0d6963f7d28e17f72"));
    QCOMPARE(hash("SHA-1", "abc"), std::string("a9993e364706816aba3e25717850c26c9cd0d89d"));
    QCOMPARE(hash("SHA-256", std::string(1'000'000, 'a')),
             std::string("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"));
  }

  void emptyContentHasADigestUnlessItIsAFailure() {
    QCOMPARE(hash("SHA-256", ""),
             std::string("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    ProcessorBench bench(millrace::processors::processorIn_cryptographic_hash_content);
    bench.set("fail_when_empty", "true");
    bench.enqueue("");
    bench.run();
    QCOMPARE(bench.count("failure"), std::size_t{1});
  }
};

QTEST_GUILESS_MAIN(CryptographicHashContentTest)
#include "cryptographic_hash_content_test.moc"

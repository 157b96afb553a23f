// SPDX-License-Identifier: Apache-2.0
// EncryptContent and IdentifyMimeType.
#include "tests/harness/processor_bench.h"

#include <QByteArray>
#include <QtTest>

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_encrypt_content;
extern const ProcessorDescriptor processorIn_identify_mime_type;
}  // namespace millrace::processors

using millrace::tests::ProcessorBench;
using Settings = std::vector<std::pair<std::string, std::string>>;

class EncryptAndIdentifyTest : public QObject {
  Q_OBJECT

 private:
  static std::string bytes(const char* hexadecimal) {
    return QByteArray::fromHex(hexadecimal).toStdString();
  }
  /// The content afterwards; nothing where it went to failure.
  static std::optional<std::string> crypt(const Settings& settings, std::string_view content) {
    ProcessorBench bench(millrace::processors::processorIn_encrypt_content);
    for (const auto& [name, value] : settings) bench.set(name, value);
    bench.enqueue(content);
    bench.run();
    if (bench.count("success") == 0) return std::nullopt;
    return bench.outputs("success").at(0).content;
  }
  static Settings raw(const std::string& key, const std::string& mode) {
    return {{"Mode", mode}, {"Key Derivation Function", "NONE"}, {"Raw Key (hexadecimal)", key}};
  }
  static Settings password(const std::string& text, const std::string& mode) {
    return {{"Mode", mode}, {"Password", text}};
  }
  static ProcessorBench::AttributeMap identify(std::string_view content, const std::string& name,
                                               bool useName = true) {
    ProcessorBench bench(millrace::processors::processorIn_identify_mime_type);
    bench.set("Use Filename In Detection", useName ? "true" : "false");
    bench.enqueue(content, {{"filename", name}});
    bench.run();
    return bench.outputs("success").at(0).attributes;
  }

 private slots:
  // Test case 14 of the GCM specification (McGrew and Viega): AES-256.
  void contentsOfOthersAreDecrypted() {
    const std::string vector(12, '\0');
    const std::string encrypted = vector + "NiFiIV" + bytes("cea7403d4d606b6e074ec5d3baf39d18") +
                                  bytes("d0d1c8a799996bf0265b98b5d48ab919");
    const std::string key(64, '0');
    QCOMPARE(crypt(raw(key, "Decrypt"), encrypted), std::optional(std::string(16, '\0')));
    std::string changed = encrypted;
    changed[20] = static_cast<char>(changed[20] ^ 1);
    QCOMPARE(crypt(raw(key, "Decrypt"), changed), std::nullopt);
    QCOMPARE(crypt(raw("1" + key.substr(1), "Decrypt"), encrypted), std::nullopt);
    QCOMPARE(crypt(raw(key, "Decrypt"), encrypted.substr(0, encrypted.size() - 1)), std::nullopt);
  }

  // RFC 7914, section 12: scrypt of pleaseletmein and SodiumChloride, N=2^14, r=8, p=1.
  void theKeyOfAPasswordIsThatOfScrypt() {
    const std::string key = "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2";
    const auto encrypted = crypt(raw(key, "Encrypt"), "by key");
    QVERIFY(encrypted.has_value());
    const std::string salt =
        QByteArray("SodiumChloride")
            .toBase64(QByteArray::Base64Encoding | QByteArray::OmitTrailingEquals)
            .toStdString();
    QCOMPARE(
        crypt(password("pleaseletmein", "Decrypt"), "$s0$e0801$" + salt + "NiFiSALT" + *encrypted),
        std::optional(std::string("by key")));
  }

  void contentsComeBack() {
    std::string large;
    while (large.size() < 1500000) large += std::to_string(large.size()) + "\n";
    for (const std::string& content : {std::string(), std::string("short"), large}) {
      const auto encrypted = crypt(password("s\xC3\xA9"
                                            "cret",
                                            "Encrypt"),
                                   content);
      QVERIFY(encrypted.has_value());
      QVERIFY(encrypted->find("short") == std::string::npos);
      QVERIFY(crypt(password("s\xC3\xA9"
                             "cret",
                             "Decrypt"),
                    *encrypted) == content);
      QCOMPARE(crypt(password("another", "Decrypt"), *encrypted), std::nullopt);
    }
    const std::string key(32, 'a');
    QVERIFY(crypt(raw(key, "Decrypt"), *crypt(raw(key, "Encrypt"), large)) == large);
  }

  void noTwoContentsAreEncryptedAlike() {
    QVERIFY(crypt(password("p", "Encrypt"), "same") != crypt(password("p", "Encrypt"), "same"));
  }

  void whatWasNotEncryptedFailsUnchanged() {
    for (const char* wrong : {"", "plain text", "$s0$e0801$AAAANiFiSALT", "NiFiIV",
                              "$s0$e0801$AAAANiFiSALTvectorNiFiIVshort"}) {
      ProcessorBench bench(millrace::processors::processorIn_encrypt_content);
      bench.set("Mode", "Decrypt").set("Password", "p");
      bench.enqueue(wrong);
      bench.run();
      QCOMPARE(bench.outputs("failure").at(0).content, std::string(wrong));
    }
  }

  void aKeyThatIsNoneIsRefused() {
    for (const char* wrong : {"00", "xyz", "0000000000000000000000000000000"}) {
      ProcessorBench bench(millrace::processors::processorIn_encrypt_content);
      for (const auto& [name, value] : raw(wrong, "Encrypt")) bench.set(name, value);
      QVERIFY2(bench.problem().find("Raw Key") != std::string::npos, wrong);
    }
  }

  void contentsTellTheirType() {
    const auto png = identify(bytes("89504e470d0a1a0a0000000d494844520000000100000001080600"
                                    "00001f15c4890000000d49444154"),
                              "picture.txt");
    QCOMPARE(png.at("mime.type"), std::string("image/png"));
    QCOMPARE(png.at("mime.extension"), std::string(".png"));
    QVERIFY(!png.contains("mime.charset"));
    QCOMPARE(identify("%PDF-1.4\n%\xE2\xE3\xCF\xD3\n", "x").at("mime.type"),
             std::string("application/pdf"));
    QCOMPARE(identify(bytes("1f8b0800000000000003"), "x").at("mime.type"),
             std::string("application/gzip"));
    const auto text = identify("just words, caf\xC3\xA9\n", "words");
    QCOMPARE(text.at("mime.type"), std::string("text/plain"));
    QCOMPARE(text.at("mime.charset"), std::string("UTF-8"));
  }

  void namesDecideWhereContentsSayLittle() {
    QCOMPARE(identify("a,b\n", "table.CSV").at("mime.type"), std::string("text/csv"));
    QCOMPARE(identify("a: b\n", "flow.yaml").at("mime.extension"), std::string(".yaml"));
    QCOMPARE(identify("a: b\n", "flow.yaml", false).at("mime.type"), std::string("text/plain"));
    QCOMPARE(identify("plain words\n", "fake.docx").at("mime.type"), std::string("text/plain"));
    QCOMPARE(identify(std::string_view("\x01\x02\0\x04", 4), "unknown").at("mime.type"),
             std::string("application/octet-stream"));
    QCOMPARE(identify("", "nothing").at("mime.type"), std::string("application/octet-stream"));
    QCOMPARE(identify("", "nothing").at("mime.extension"), std::string());
  }
};

QTEST_GUILESS_MAIN(EncryptAndIdentifyTest)
#include "encrypt_and_identify_test.moc"

// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/processor_bench.h"

#include <QtTest>

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_unpack_content;
}

using millrace::tests::ProcessorBench;
using Strings = std::vector<std::string>;

namespace {

template <std::size_t size>
std::string bytes(const char (&text)[size]) {
  return std::string(text, size - 1);
}

/// d/a.txt and b.log, stored without compression, as another program wrote them.
const std::string kZip = bytes(
    "PK\003\004\024\000\000\000\000\000\203\030\042Pj9\340\320\005\000\000\000\005\000"
    "\000\000\007\000\000\000d/a.txtalphaPK\003\004\024\000\000\000\000\000\203\030\042Pc"
    "\004\221\217\004\000\000\000\004\000\000\000\005\000\000\000b.logbetaPK\001\002\024"
    "\003\024\000\000\000\000\000\203\030\042Pj9\340\320\005\000\000\000\005\000\000\000"
    "\007\000\000\000\000\000\000\000\000\000\000\000\200\001\000\000\000\000d/a.txtPK"
    "\001\002\024\003\024\000\000\000\000\000\203\030\042Pc\004\221\217\004\000\000\000"
    "\004\000\000\000\005\000\000\000\000\000\000\000\000\000\000\000\200\001*\000\000"
    "\000b.logPK\005\006\000\000\000\000\002\000\002\000h\000\000\000Q\000\000\000\000"
    "\000");

/// An entry of a tar, by POSIX's description of ustar.
std::string tarEntry(const std::string& name, const std::string& content, char type = '0') {
  std::string header(512, '\0');
  const auto put = [&](std::size_t at, std::string_view text) {
    header.replace(at, text.size(), text);
  };
  const auto octal = [](std::uint64_t number, int digits) {
    std::string text;
    for (int i = digits - 1; i >= 0; --i) {
      text.push_back(static_cast<char>('0' + ((number >> (3 * i)) & 7U)));
    }
    return text;
  };
  put(0, name);
  put(100, "0000640");
  put(108, "0001750");
  put(116, "0001750");
  put(124, octal(content.size(), 11));
  put(136, octal(1612325106, 11));  // 2021-02-03T04:05:06Z
  put(148, "        ");
  header[156] = type;
  put(257, bytes("ustar\00000"));
  put(265, "anna");
  put(297, "staff");
  std::uint64_t sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  put(148, octal(sum, 6) + bytes("\0 "));
  std::string padded = content;
  padded.resize((content.size() + 511) / 512 * 512);
  return header + padded;
}

std::string tar(const std::vector<std::pair<std::string, std::string>>& files) {
  std::string text;
  for (const auto& [name, content] : files) text += tarEntry(name, content);
  return text + std::string(1024, '\0');
}

std::string package(const std::string& key, const std::string& value, const std::string& content) {
  std::string text = bytes("NiFiFF3\000\001");
  for (const std::string& field : {key, value}) {
    text.push_back('\0');
    text.push_back(static_cast<char>(field.size()));
    text += field;
  }
  text += std::string(7, '\0');
  text.push_back(static_cast<char>(content.size()));
  return text + content;
}

}  // namespace

class UnpackContentTest : public QObject {
  Q_OBJECT

 private:
  static Strings contents(ProcessorBench& bench) {
    Strings all;
    for (const auto& output : bench.outputs("success")) all.push_back(output.content);
    return all;
  }
  static Strings attributes(ProcessorBench& bench, const std::string& name) {
    Strings all;
    for (const auto& output : bench.outputs("success")) all.push_back(output.attributes.at(name));
    return all;
  }

 private slots:
  void aZipBecomesItsEntries() {
    ProcessorBench bench(millrace::processors::processorIn_unpack_content);
    bench.set("Packaging Format", "zip");
    bench.enqueue(kZip, {{"filename", "in.zip"}, {"kept", "yes"}});
    bench.run();
    QCOMPARE(contents(bench), (Strings{"alpha", "beta"}));
    QCOMPARE(attributes(bench, "filename"), (Strings{"a.txt", "b.log"}));
    QCOMPARE(attributes(bench, "path"), (Strings{"d", "/"}));
    QCOMPARE(attributes(bench, "fragment.index"), (Strings{"1", "2"}));
    QCOMPARE(attributes(bench, "fragment.count"), (Strings{"2", "2"}));
    QCOMPARE(attributes(bench, "segment.original.filename"), (Strings{"in", "in"}));
    QCOMPARE(attributes(bench, "mime.type"), Strings(2, "application/octet-stream"));
    QCOMPARE(attributes(bench, "kept"), (Strings{"yes", "yes"}));
    const auto original = bench.outputs("original").at(0);
    QVERIFY(original.content == kZip);
    QCOMPARE(original.attributes.at("fragment.count"), std::string("2"));
    QCOMPARE(attributes(bench, "fragment.identifier"),
             Strings(2, original.attributes.at("fragment.identifier")));
  }

  void aTarBecomesItsEntries() {
    const std::string large(3000000, 'x');
    ProcessorBench bench(millrace::processors::processorIn_unpack_content);
    bench.set("Packaging Format", "tar");
    bench.enqueue(tarEntry("dir/", "", '5') + tar({{"dir/a", large}, {"\xC3\xA9", ""}}),
                  {{"filename", "in.tar"}});
    bench.run();
    QVERIFY(contents(bench) == (Strings{large, ""}));
    QCOMPARE(attributes(bench, "filename"), (Strings{"a", "\xC3\xA9"}));
    QCOMPARE(attributes(bench, "path"), (Strings{"dir/", "/"}));
    QCOMPARE(attributes(bench, "file.permissions"), Strings(2, "rw-r-----"));
    QCOMPARE(attributes(bench, "file.owner"), Strings(2, "anna"));
    QCOMPARE(attributes(bench, "file.group"), Strings(2, "staff"));
    QCOMPARE(attributes(bench, "fragment.count"), (Strings{"2", "2"}));
    QCOMPARE(attributes(bench, "segment.original.filename"), (Strings{"in", "in"}));
  }

  void packagesBringTheirAttributes() {
    ProcessorBench bench(millrace::processors::processorIn_unpack_content);
    bench.set("Packaging Format", "flowfile-stream-v3");
    bench.enqueue(package("filename", "one", "1") + package("k", "v", ""), {{"filename", "in"}});
    bench.run();
    QCOMPARE(contents(bench), (Strings{"1", ""}));
    QCOMPARE(attributes(bench, "filename"), (Strings{"one", "in"}));
    QCOMPARE(bench.outputs("success").at(1).attributes.at("k"), std::string("v"));
    QCOMPARE(bench.outputs("original").at(0).attributes.at("fragment.count"), std::string("2"));
  }

  void onlyEntriesThatTheFilterFindsAreUnpacked() {
    ProcessorBench bench(millrace::processors::processorIn_unpack_content);
    bench.set("Packaging Format", "zip").set("File Filter", "\\.log$");
    bench.enqueue(kZip);
    bench.run();
    QCOMPARE(contents(bench), (Strings{"beta"}));
    QCOMPARE(attributes(bench, "fragment.index"), (Strings{"1"}));
    bench.set("File Filter", "nothing");
    bench.enqueue(kZip);
    bench.run();
    QVERIFY(bench.outputs("failure").at(0).content == kZip);
  }

  void theTypeOfTheContentMayDecide() {
    ProcessorBench bench(millrace::processors::processorIn_unpack_content);
    bench.enqueue(tar({{"a", "tar"}}), {{"mime.type", "application/x-tar"}});
    bench.enqueue(kZip, {{"mime.type", "application/zip"}});
    bench.enqueue("plain", {{"mime.type", "text/plain"}});
    bench.enqueue("unknown");
    bench.run();
    QCOMPARE(contents(bench), (Strings{"tar", "alpha", "beta", "plain"}));
    QCOMPARE(bench.count("original"), std::size_t(2));
    QCOMPARE(bench.outputs("failure").at(0).content, std::string("unknown"));
  }

  void whatIsDamagedFails_data() {
    QTest::addColumn<QString>("format");
    QTest::addColumn<QByteArray>("content");
    const auto row = [](const char* name, const char* format, const std::string& content) {
      QTest::newRow(name) << format << QByteArray::fromStdString(content);
    };
    row("empty zip", "zip", "");
    row("no zip", "zip", "this is no archive at all");
    row("zip without its end", "zip", kZip.substr(0, 40));
    std::string flipped = kZip;
    flipped[38] = 'X';  // in the bytes of alpha
    row("zip with a wrong checksum", "zip", flipped);
    const std::string whole = tar({{"a", std::string(3000, 'x')}, {"b", "y"}});
    row("empty tar", "tar", "");
    row("no tar", "tar", std::string(2000, 'z'));
    row("tar cut in an entry", "tar", whole.substr(0, 1000));
    std::string header = whole;
    header[512 + 3072 + 2] = 'Z';  // in the second header
    row("tar with a damaged header", "tar", header);
    row("tar of nothing", "tar", std::string(1024, '\0'));
    const std::string one = package("k", "v", "content");
    row("empty package", "flowfile-stream-v3", "");
    row("no package", "flowfile-stream-v3", "NiFiFF2 and more");
    row("package cut in its magic", "flowfile-stream-v3", one.substr(0, 5));
    row("package cut in its attributes", "flowfile-stream-v3", one.substr(0, 12));
    row("package cut in its content", "flowfile-stream-v3", one.substr(0, one.size() - 1));
    row("second package damaged", "flowfile-stream-v3", one + "x");
    row("attributes that are not there", "flowfile-stream-v2", std::string(40, '\xFE'));
  }
  void whatIsDamagedFails() {
    QFETCH(const QString, format);
    QFETCH(const QByteArray, content);
    ProcessorBench bench(millrace::processors::processorIn_unpack_content);
    bench.set("Packaging Format", format.toStdString());
    bench.enqueue(content.toStdString());
    bench.run();
    QCOMPARE(bench.count("success"), std::size_t(0));
    QCOMPARE(bench.count("original"), std::size_t(0));
    QVERIFY(bench.outputs("failure").at(0).content == content.toStdString());
    QCOMPARE(bench.bulletins().size(), std::size_t(1));
  }
};

QTEST_GUILESS_MAIN(UnpackContentTest)
#include "unpack_content_test.moc"

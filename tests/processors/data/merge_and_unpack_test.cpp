// SPDX-License-Identifier: Apache-2.0
// What MergeContent packs, UnpackContent gives back.
#include "tests/harness/processor_bench.h"

#include <QtTest>
#include <algorithm>

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_merge_content;
extern const ProcessorDescriptor processorIn_unpack_content;
}  // namespace millrace::processors

using millrace::tests::ProcessorBench;
using AttributeMap = ProcessorBench::AttributeMap;
using Output = ProcessorBench::Output;

class MergeAndUnpackTest : public QObject {
  Q_OBJECT

 private:
  static std::vector<Output> unpacked(const Output& package) {
    ProcessorBench bench(millrace::processors::processorIn_unpack_content);
    bench.enqueue(package.content, package.attributes);
    bench.run();
    return bench.outputs("success");
  }
  static void addFormatRows() {
    QTest::addColumn<QString>("format");
    QTest::addColumn<QString>("mimeType");
    QTest::addColumn<QString>("ending");
    QTest::newRow("v3") << "FlowFile Stream, v3"
                        << "application/flowfile-v3"
                        << ".pkg";
    QTest::newRow("v2") << "FlowFile Stream, v2"
                        << "application/flowfile-v2"
                        << ".pkg";
    QTest::newRow("tar") << "TAR"
                         << "application/tar"
                         << ".tar";
    QTest::newRow("zip") << "ZIP"
                         << "application/zip"
                         << ".zip";
  }

 private slots:
  void everyFormatRoundTrips_data() { addFormatRows(); }
  void everyFormatRoundTrips() {
    QFETCH(const QString, format);
    QFETCH(const QString, mimeType);
    QFETCH(const QString, ending);
    const std::vector<std::pair<std::string, std::string>> files{
        {"a.txt", "alpha"},
        {"empty", ""},
        {"\xC3\xA4 \xE2\x82\xAC.bin", std::string("\0\1\2\xFF", 4)},
        {std::string(150, 'n'), std::string(5000, 'x')},
        {"large", std::string(2500000, 'l') + "end"}};
    ProcessorBench bench(millrace::processors::processorIn_merge_content);
    bench.set("Merge Format", format.toStdString());
    for (const auto& [name, content] : files) bench.enqueue(content, {{"filename", name}});
    bench.run();
    const Output package = bench.outputs("merged").at(0);
    QCOMPARE(package.attributes.at("mime.type"), mimeType.toStdString());
    QVERIFY(QString::fromStdString(package.attributes.at("filename")).endsWith(ending));
    const auto parts = unpacked(package);
    QCOMPARE(parts.size(), files.size());
    for (std::size_t i = 0; i < files.size(); ++i) {
      QCOMPARE(parts[i].attributes.at("filename"), files[i].first);
      QVERIFY(parts[i].content == files[i].second);
    }
  }

  void packagesKeepAttributes() {
    for (const std::string format : {"FlowFile Stream, v3", "FlowFile Stream, v2"}) {
      ProcessorBench bench(millrace::processors::processorIn_merge_content);
      bench.set("Merge Format", format);
      const std::string uuid = "11111111-2222-4333-8444-555555555555";
      const std::string longText(70000, 'v');
      bench.enqueue(
          "a",
          {{"filename", "a"}, {"uuid", uuid}, {"\xC3\xA4", "\xE2\x82\xAC"}, {"long", longText}});
      bench.enqueue("b", {{"filename", "b"}, {"mime.type", "text/plain"}, {"empty", ""}});
      bench.run();
      const auto parts = unpacked(bench.outputs("merged").at(0));
      QCOMPARE(parts.size(), std::size_t(2));
      QCOMPARE(parts[0].attributes.at("\xC3\xA4"), std::string("\xE2\x82\xAC"));
      QCOMPARE(parts[0].attributes.at("long"), longText);
      QCOMPARE(parts[0].attributes.at("mime.type"), std::string("application/octet-stream"));
      QCOMPARE(parts[1].attributes.at("mime.type"), std::string("text/plain"));
      QCOMPARE(parts[1].attributes.at("empty"), std::string());
      QCOMPARE(bench.outputs("original").at(0).attributes.at("uuid"), uuid);
      QVERIFY(parts[0].attributes.at("uuid") != uuid);
      QVERIFY(parts[0].attributes.at("uuid") != parts[1].attributes.at("uuid"));
    }
  }

  void archivesKeepThePathWhenAsked() {
    for (const std::string format : {"TAR", "ZIP"}) {
      ProcessorBench bench(millrace::processors::processorIn_merge_content);
      bench.set("Merge Format", format).set("Keep Path", "true");
      bench.enqueue("a", {{"filename", "a"}, {"path", "./x//y"}});
      bench.enqueue("b", {{"filename", "b"}, {"path", "./"}});
      bench.run();
      const auto parts = unpacked(bench.outputs("merged").at(0));
      QCOMPARE(parts.size(), std::size_t(2));
      QCOMPARE(parts[0].attributes.at("path"), std::string(format == "TAR" ? "x/y/" : "x/y"));
      QCOMPARE(parts[1].attributes.at("path"), std::string("/"));
    }
  }

  void aTarKeepsPermissionsAndTime() {
    ProcessorBench bench(millrace::processors::processorIn_merge_content);
    bench.set("Merge Format", "TAR");
    bench.enqueue("a", {{"filename", "a"},
                        {"tar.permissions", "750"},
                        {"file.lastModifiedTime", "2021-02-03T04:05:06Z"}});
    bench.enqueue("b", {{"filename", "b"}, {"tar.permissions", "nonsense"}});
    bench.run();
    const auto parts = unpacked(bench.outputs("merged").at(0));
    QCOMPARE(parts[0].attributes.at("file.permissions"), std::string("rwxr-x---"));
    const QDateTime time = QDateTime::fromString(
        QString::fromStdString(parts[0].attributes.at("file.lastModifiedTime")), Qt::ISODate);
    QCOMPARE(time.toSecsSinceEpoch(), qint64(1612325106));
    QCOMPARE(parts[1].attributes.at("file.permissions"), std::string("rw-r--r--"));
  }

  void aZipHasEachNameOnce() {
    ProcessorBench bench(millrace::processors::processorIn_merge_content);
    bench.set("Merge Format", "ZIP");
    bench.enqueue("first", {{"filename", "same"}});
    bench.enqueue("second", {{"filename", "same"}});
    bench.run();
    const auto parts = unpacked(bench.outputs("merged").at(0));
    QCOMPARE(parts.size(), std::size_t(1));
    QCOMPARE(parts[0].content, std::string("first"));
    QCOMPARE(bench.count("original"), std::size_t(2));
    QCOMPARE(bench.outputs("failure").at(0).content, std::string("second"));
  }

  void whatWasUnpackedComesTogetherAgain() {
    ProcessorBench merge(millrace::processors::processorIn_merge_content);
    merge.set("Merge Format", "ZIP").set("Compression Level", "9");
    for (int i = 0; i < 12; ++i) {
      merge.enqueue(std::to_string(i) + " ", {{"filename", std::to_string(i)}});
    }
    merge.run();
    auto parts = unpacked(merge.outputs("merged").at(0));
    std::reverse(parts.begin(), parts.end());
    ProcessorBench again(millrace::processors::processorIn_merge_content);
    again.set("Merge Strategy", "Defragment");
    for (const auto& part : parts) again.enqueue(part.content, part.attributes);
    again.run();
    QCOMPARE(again.outputs("merged").at(0).content, std::string("0 1 2 3 4 5 6 7 8 9 10 11 "));
  }
};

QTEST_GUILESS_MAIN(MergeAndUnpackTest)
#include "merge_and_unpack_test.moc"

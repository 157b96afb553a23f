// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/processor_bench.h"

#include <QtTest>
#include <array>
#include <random>

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_compress_content;
}

using millrace::tests::ProcessorBench;
using AttributeMap = ProcessorBench::AttributeMap;

namespace {

template <std::size_t size>
std::string bytes(const char (&text)[size]) {
  return std::string(text, size - 1);
}

const std::string kPlain = "one one one one\n";

struct Format {
  std::string name;
  std::string mimeType;
  std::string ending;
  std::string compressed;  // kPlain, by gzip, zlib, bzip2, xz, zstd, lz4, and snappy's documents
  std::size_t start;       // how many of the first bytes any compressor has to write so
};

const std::vector<Format>& formats() {
  static const std::vector<Format> all{
      {"gzip", "application/gzip", ".gz",
       bytes("\037\213\010\000\000\000\000\000\002\003\313\317KU\310G`.\000\336\026\3570\020\000"
             "\000\000"),
       3},
      {"deflate", "application/gzip", ".zlib", bytes("x\234\313\317KU\310G`.\0000\352\005s"), 1},
      {"bzip2", "application/x-bzip2", ".bz2",
       bytes("BZh91AY&SY\324\341\023c\000\000\007\321\000\000\020@\000\002\001\240\000 \252h\320f"
             "\203N)r\370\273\222)\302\204\206\247\010\233\030"),
       4},
      {"xz-lzma2", "application/x-xz", ".xz",
       bytes("\3757zXZ\000\000\004\346\326\264F\002\000!\001\026\000\000\000t/\345\243\340\000\017"
             "\000\013]\0007\233\210\316~\0162\254\270\000\000\000\000=\022\223G\201\313\0211\000"
             "\001'\020*\027\364\347\037\266\363}\001\000\000\000\000\004YZ"),
       6},
      {"lzma", "application/x-lzma", ".lzma",
       bytes("]\000\000\200\000\377\377\377\377\377\377\377\377\0007\233\210\316~\0162\317\2247"
             "\377\377\357\234\200\000"),
       1},
      {"snappy", "application/x-snappy", ".snappy",
       bytes("\202SNAPPY\000\000\000\000\001\000\000\000\001\000\000\000\012"
             "\020\014one \035\004\000\012"),
       16},
      {"snappy framed", "application/x-snappy-framed", ".sz",
       bytes("\377\006\000\000sNaPpY\001\024\000\000\145\147\201\175one one one one\012"), 10},
      {"lz4-framed", "application/x-lz4-framed", ".lz4",
       bytes("\004\042M\030d@\247\015\000\000\000Cone \004\000P one\012\000\000\000\000\220d[\077"),
       4},
      {"zstd", "application/zstd", ".zst",
       bytes("(\265/\375\004X]\000\000(one \012\001\000\033\216\010k/\302\340"), 4},
  };
  return all;
}

void addFormatRows() {
  QTest::addColumn<int>("row");
  for (std::size_t i = 0; i < formats().size(); ++i) {
    QTest::newRow(formats()[i].name.c_str()) << static_cast<int>(i);
  }
}

std::string noise(std::size_t size) {
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same bytes in every run
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random() & 0xFFU);
  return text;
}

}  // namespace

class CompressContentTest : public QObject {
  Q_OBJECT

 private:
  static void decompress(ProcessorBench& bench, const Format& format, const std::string& content) {
    bench.set("Mode", "decompress").set("Compression Format", format.name);
    bench.enqueue(content);
    bench.run();
  }
  static std::string compressed(const Format& format, const std::string& content) {
    ProcessorBench bench(millrace::processors::processorIn_compress_content);
    bench.set("Compression Format", format.name);
    bench.enqueue(content);
    bench.run();
    return bench.outputs("success").at(0).content;
  }

 private slots:
  void readsWhatOtherProgramsWrote_data() { addFormatRows(); }
  void readsWhatOtherProgramsWrote() {
    QFETCH(const int, row);
    const Format& format = formats()[static_cast<std::size_t>(row)];
    ProcessorBench bench(millrace::processors::processorIn_compress_content);
    bench.set("Mode", "decompress").set("Compression Format", format.name);
    bench.set("Update Filename", "true");
    bench.enqueue(format.compressed,
                  {{"filename", "a" + format.ending}, {"mime.type", format.mimeType}});
    bench.run();
    const auto plain = bench.outputs("success").at(0);
    QCOMPARE(plain.content, kPlain);
    QCOMPARE(plain.attributes.at("filename"), std::string("a"));
    QVERIFY(!plain.attributes.contains("mime.type"));
  }

  void everyFormatRoundTrips_data() { addFormatRows(); }
  void everyFormatRoundTrips() {
    QFETCH(const int, row);
    const Format& format = formats()[static_cast<std::size_t>(row)];
    // The last one crosses every block size, the noise cannot be compressed.
    const std::array<std::string, 5> contents{"", "x", noise(5000), noise(70001),
                                              std::string(3000001, 'a') + noise(1500000)};
    for (const std::string& content : contents) {
      ProcessorBench bench(millrace::processors::processorIn_compress_content);
      bench.set("Compression Format", format.name).set("Update Filename", "true");
      bench.enqueue(content, {{"filename", "a.txt"}});
      bench.run();
      const auto small = bench.outputs("success").at(0);
      QCOMPARE(small.attributes.at("mime.type"), format.mimeType);
      QCOMPARE(small.attributes.at("filename"), "a.txt" + format.ending);
      QCOMPARE(small.content.substr(0, format.start), format.compressed.substr(0, format.start));
      if (content.size() > 4000000) QVERIFY(small.content.size() < content.size() / 2);
      ProcessorBench back(millrace::processors::processorIn_compress_content);
      decompress(back, format, small.content);
      QCOMPARE(back.count("failure"), std::size_t(0));
      QVERIFY(back.outputs("success").at(0).content == content);
    }
  }

  void everyLevelRoundTrips() {
    for (const std::string name : {"gzip", "deflate", "xz-lzma2", "zstd"}) {
      for (const std::string level : {"0", "5"}) {
        ProcessorBench bench(millrace::processors::processorIn_compress_content);
        bench.set("Compression Format", name).set("Compression Level", level);
        bench.enqueue(kPlain);
        bench.run();
        ProcessorBench back(millrace::processors::processorIn_compress_content);
        back.set("Mode", "decompress").set("Compression Format", name);
        back.enqueue(bench.outputs("success").at(0).content);
        back.run();
        QCOMPARE(back.outputs("success").at(0).content, kPlain);
      }
    }
  }

  void cutOffContentFails_data() { addFormatRows(); }
  void cutOffContentFails() {
    QFETCH(const int, row);
    const Format& format = formats()[static_cast<std::size_t>(row)];
    const std::string whole = compressed(format, noise(200000));
    for (const std::size_t length :
         {std::size_t{1}, std::size_t{5}, whole.size() / 2, whole.size() - 1}) {
      ProcessorBench bench(millrace::processors::processorIn_compress_content);
      decompress(bench, format, whole.substr(0, length));
      QCOMPARE(bench.count("success"), std::size_t(0));
      QVERIFY(bench.outputs("failure").at(0).content == whole.substr(0, length));
      QCOMPARE(bench.bulletins().size(), std::size_t(1));
    }
  }

  void foreignContentFails_data() { addFormatRows(); }
  void foreignContentFails() {
    QFETCH(const int, row);
    const Format& format = formats()[static_cast<std::size_t>(row)];
    for (const std::string& content :
         {std::string(), std::string("this was never compressed by any of these"), noise(70000)}) {
      ProcessorBench bench(millrace::processors::processorIn_compress_content);
      decompress(bench, format, content);
      QCOMPARE(bench.count("success"), std::size_t(0));
      QVERIFY(bench.outputs("failure").at(0).content == content);
    }
  }

  void aDamagedChecksumFails_data() {
    QTest::addColumn<int>("row");
    for (std::size_t i = 0; i < formats().size(); ++i) {
      // The older lzma and snappy-java carry none.
      if (formats()[i].name == "lzma" || formats()[i].name == "snappy") continue;
      QTest::newRow(formats()[i].name.c_str()) << static_cast<int>(i);
    }
  }
  void aDamagedChecksumFails() {
    QFETCH(const int, row);
    const Format& format = formats()[static_cast<std::size_t>(row)];
    // NiFi's zstd writes no checksum, but heeds that of another program.
    std::string damaged =
        format.name == "zstd" ? format.compressed : compressed(format, noise(100000));
    damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 0x10);
    ProcessorBench bench(millrace::processors::processorIn_compress_content);
    decompress(bench, format, damaged);
    QCOMPARE(bench.count("success"), std::size_t(0));
    QVERIFY(bench.outputs("failure").at(0).content == damaged);
  }

  void streamsThatFollowEachOtherAreOne() {
    for (const std::size_t row : {0U, 2U, 3U, 6U, 7U, 8U}) {
      const Format& format = formats()[row];
      ProcessorBench bench(millrace::processors::processorIn_compress_content);
      decompress(bench, format, format.compressed + format.compressed);
      QCOMPARE(bench.outputs("success").at(0).content, kPlain + kPlain);
    }
  }

  void theTypeOfTheContentMayDecide() {
    ProcessorBench bench(millrace::processors::processorIn_compress_content);
    bench.set("Mode", "decompress");
    bench.enqueue(formats()[0].compressed, {{"mime.type", "application/x-gzip"}});
    bench.enqueue("plain", {{"mime.type", "text/plain"}});
    bench.enqueue("unknown");
    bench.run();
    QCOMPARE(bench.outputs("success").at(0).content, kPlain);
    QCOMPARE(bench.outputs("success").at(1).content, std::string("plain"));
    QCOMPARE(bench.outputs("success").at(1).attributes.at("mime.type"), std::string("text/plain"));
    QCOMPARE(bench.outputs("failure").at(0).content, std::string("unknown"));
  }

  void aFilenameWithoutTheEndingStays() {
    ProcessorBench bench(millrace::processors::processorIn_compress_content);
    bench.set("Mode", "decompress")
        .set("Compression Format", "gzip")
        .set("Update Filename", "true");
    bench.enqueue(formats()[0].compressed, {{"filename", "gz"}});
    bench.enqueue(formats()[0].compressed, {{"filename", "A.TXT.GZ"}});
    bench.run();
    QCOMPARE(bench.outputs("success").at(0).attributes.at("filename"), std::string("gz"));
    QCOMPARE(bench.outputs("success").at(1).attributes.at("filename"), std::string("A.TXT"));
  }
};

QTEST_GUILESS_MAIN(CompressContentTest)
#include "compress_content_test.moc"

// SPDX-License-Identifier: Apache-2.0
// The files are written as proc(5) describes them; the expected numbers are sums of theirs.
#include "engine/base/posix_file_system.h"
#include "tests/harness/processor_bench.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_collect_system_metrics;
}

using millrace::kSecond;
using millrace::tests::ProcessorBench;

namespace {

/// The clock of a test stands still: a source without end would never finish its slice.
millrace::engine::Schedule times(std::uint64_t runs) {
  millrace::engine::Schedule schedule;
  schedule.runs = runs;
  schedule.every = 10 * kSecond;
  return schedule;
}

}  // namespace

class CollectSystemMetricsTest : public QObject {
  Q_OBJECT

 private:
  static void writeMachine(ProcessorBench& bench) {
    bench.writeFile("/proc/loadavg", "0.52 0.58 1.59 2/1094 12345\n");
    bench.writeFile("/proc/uptime", "350735.47 234388.90\n");
    bench.writeFile("/proc/stat",
                    "cpu  100 10 50 800 40 0 0 0 0 0\ncpu0 50 5 25 400 20 0 0 0 0 0\n"
                    "cpu1 50 5 25 400 20 0 0 0 0 0\nintr 1\n");
    bench.writeFile("/proc/meminfo",
                    "MemTotal:        1000 kB\nMemFree:          200 kB\nMemAvailable:     600 kB\n"
                    "SwapTotal:          0 kB\nSwapFree:           0 kB\n");
    bench.writeFile("/proc/diskstats",
                    "   8       0 sda 10 1 20 5 30 2 40 6 0 77 11 0 0 0 0\n"
                    "   8       1 sda1 9 1 18 5 29 2 38 6 0 70 10 0 0 0 0\n"
                    " 259       0 nvme0n1 1 0 2 0 3 0 4 0 0 5 0\n"
                    " 259       1 nvme0n1p1 1 0 2 0 3 0 4 0 0 5 0\n"
                    "   7       0 loop0 1 0 2 0 3 0 4 0 0 5 0\n");
    bench.writeFile("/proc/net/dev",
                    "Inter-|   Receive                            |  Transmit\n"
                    " face |bytes packets errs drop fifo frame compressed multicast|bytes packets "
                    "errs drop fifo colls carrier compressed\n"
                    "    lo: 500 5 0 0 0 0 0 0 500 5 0 0 0 0 0 0\n"
                    "  eth0:1234567890123 42 1 0 0 0 0 0 99 7 2 0 0 0 0 0\n");
  }
  static QJsonObject parsed(const ProcessorBench::Output& output) {
    return QJsonDocument::fromJson(QByteArray::fromStdString(output.content)).object();
  }

 private slots:
  void theFilesOfTheKernelBecomeNumbers() {
    ProcessorBench bench(millrace::processors::processorIn_collect_system_metrics);
    bench.schedule(times(1));
    writeMachine(bench);
    bench.run();
    const QJsonObject first = parsed(bench.outputs("success").at(0));
    QCOMPARE(first["uptime_s"].toDouble(), 350735.47);
    QCOMPARE(first["load"].toArray().at(2).toDouble(), 1.59);
    QCOMPARE(first["cpu"]["cores"].toInt(), 2);
    QVERIFY(first["cpu"]["user_percent"].isUndefined());
    QCOMPARE(first["memory"]["total_bytes"].toInt(), 1024000);
    QCOMPARE(first["memory"]["available_bytes"].toInt(), 614400);
    const QJsonArray disks = first["disks"].toArray();
    QCOMPARE(disks.size(), 2);
    QCOMPARE(disks[0]["name"].toString(), QString("sda"));
    QCOMPARE(disks[0]["read_bytes"].toInt(), 20 * 512);
    QCOMPARE(disks[0]["written_bytes"].toInt(), 40 * 512);
    QCOMPARE(disks[0]["busy_ms"].toInt(), 77);
    QCOMPARE(disks[1]["name"].toString(), QString("nvme0n1"));
    const QJsonArray network = first["network"].toArray();
    QCOMPARE(network.size(), 2);
    QCOMPARE(network[1]["name"].toString(), QString("eth0"));
    QCOMPARE(network[1]["received_bytes"].toDouble(), 1234567890123.0);
    QCOMPARE(network[1]["received_errors"].toInt(), 1);
    QCOMPARE(network[1]["sent_bytes"].toInt(), 99);
    QCOMPARE(network[1]["send_errors"].toInt(), 2);
    QCOMPARE(first["paths"].toArray().at(0)["path"].toString(), QString("/"));
  }

  void sharesAreThoseSinceTheLastTime() {
    ProcessorBench bench(millrace::processors::processorIn_collect_system_metrics);
    bench.schedule(times(2));
    writeMachine(bench);
    bench.run();
    // 200 ticks later: 100 of programs, 20 of the kernel, 60 idle and 20 waiting.
    bench.writeFile("/proc/stat", "cpu  180 30 70 860 60 0 0 0 0 0\ncpu0 1 1 1 1 1\n");
    bench.clock().advance(10 * kSecond);
    bench.run();
    const auto outputs = bench.outputs("success");
    QCOMPARE(outputs.size(), std::size_t{2});
    const QJsonObject cpu = parsed(outputs[1])["cpu"].toObject();
    QCOMPARE(cpu["user_percent"].toDouble(), 50.0);
    QCOMPARE(cpu["system_percent"].toDouble(), 10.0);
    QCOMPARE(cpu["idle_percent"].toDouble(), 30.0);
    QCOMPARE(cpu["iowait_percent"].toDouble(), 10.0);
  }

  void thisMachineIsRead() {
    const auto files = millrace::makePosixFileSystem();
    ProcessorBench bench(millrace::processors::processorIn_collect_system_metrics);
    bench.files(*files).schedule(times(1));
    bench.run();
    const QJsonObject machine = parsed(bench.outputs("success").at(0));
    QVERIFY(machine["cpu"]["cores"].toInt() >= 1);
    QVERIFY(machine["memory"]["total_bytes"].toDouble() > 1e6);
    QVERIFY(machine["paths"].toArray().at(0)["free_bytes"].toDouble() > 0);
  }
};

QTEST_GUILESS_MAIN(CollectSystemMetricsTest)
#include "collect_system_metrics_test.moc"

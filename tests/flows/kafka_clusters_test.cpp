// SPDX-License-Identifier: Apache-2.0
// The services of docs/kafka-clusters.md: each example is one that the program takes, in a flow
// that uses it, and a wrong letter in one of its names is not.
#include <QFile>
#include <QProcess>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

namespace {

const QByteArray kFlow =
    "processors:\n"
    "  - {name: In, type: ConsumeKafka, auto-terminate: [success], properties: {Kafka Connection "
    "Service: Cluster, Group ID: g, Topics: t}}\n";

struct Ran {
  int code = -1;
  QByteArray said;
};

class KafkaClusters {
 public:
  KafkaClusters() {
    QFile page(QString(MR_SOURCE_DIR) + "/docs/kafka-clusters.md");
    if (page.open(QIODevice::ReadOnly)) text_ = QString::fromUtf8(page.readAll());
  }
  /// By the headings above them.
  QMap<QString, QByteArray> examples() const {
    QMap<QString, QByteArray> found;
    auto each = QRegularExpression("\n## ([^\n]+)\n[^#]*?```yaml\n(.*?)```",
                                   QRegularExpression::DotMatchesEverythingOption)
                    .globalMatch(text_);
    while (each.hasNext()) {
      const auto match = each.next();
      found[match.captured(1)] = match.captured(2).toUtf8();
    }
    return found;
  }
  /// `millrace validate` on a flow with these services, and every parameter that they name.
  Ran validate(const QByteArray& services) const {
    QByteArray flow = "millrace: 1\nname: clusters\nparameters:\n  other: x\n";
    auto each = QRegularExpression("SASL (\\w+): '#\\{([^}]+)\\}'")
                    .globalMatch(QString::fromUtf8(services));
    while (each.hasNext()) {
      const auto match = each.next();
      flow += "  " + match.captured(2).toUtf8();
      flow += match.captured(1) == "Password" ? ": {sensitive: true}\n" : ": x\n";
    }
    QFile file(folder_.filePath("flow.yaml"));
    if (!file.open(QIODevice::WriteOnly)) return {};
    file.write(flow + services + kFlow);
    file.close();
    QProcess program;
    program.setProcessChannelMode(QProcess::MergedChannels);
    program.start(QString(MR_BINARY_DIR) + "/bin/millrace", {"validate", file.fileName()});
    if (!program.waitForFinished(120'000)) return {};
    return {program.exitCode(), program.readAll()};
  }

 private:
  QString text_;
  QTemporaryDir folder_;
};

}  // namespace

class KafkaClustersTest : public QObject {
  Q_OBJECT
  KafkaClusters clusters_;

 private slots:
  void everyKindOfClusterHasAnExample() {
    QCOMPARE(clusters_.examples().keys(), (QStringList{"Amazon MSK", "Apache Kafka with SASL",
                                                       "Azure Event Hubs", "Confluent Cloud"}));
  }
  void anExampleIsTakenAsItStands_data() {
    QTest::addColumn<QByteArray>("services");
    const auto all = clusters_.examples();
    for (auto each = all.begin(); each != all.end(); ++each)
      QTest::newRow(qPrintable(each.key())) << each.value();
  }
  void anExampleIsTakenAsItStands() {
    QFETCH(QByteArray, services);
    const Ran fine = clusters_.validate(services);
    QVERIFY2(fine.code == 0, fine.said);
    QByteArray wrong = services;
    wrong.replace("SASL Mechanism: ", "SASL Mechanism: X");
    const Ran refused = clusters_.validate(wrong);
    QVERIFY2(refused.code == 2 && refused.said.contains("SASL Mechanism"), refused.said);
  }
};

QTEST_GUILESS_MAIN(KafkaClustersTest)
#include "kafka_clusters_test.moc"

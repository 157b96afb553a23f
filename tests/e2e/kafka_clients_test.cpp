// SPDX-License-Identifier: Apache-2.0
// Clients of Kafka by the dozen of ways to speak to a log: each of four clients does what it can,
// with every codec and every way to prove who it is, and each reads what all of them wrote. The
// outcome is docs/kafka-clients.md (MILLRACE_REGENERATE=1 writes it).
#include "tests/harness/secured_kafka.h"

#include <QFile>
#include <QMap>
#include <QRegularExpression>
#include <QSet>

using namespace kafka_test;

namespace {

struct Security {
  const char* name;
  const char* protocol;
  const char* mechanism;
};
constexpr std::array kSecurity{Security{"plain", "PLAINTEXT", ""},
                               Security{"TLS", "SSL", ""},
                               Security{"SASL PLAIN", "SASL_PLAINTEXT", "PLAIN"},
                               Security{"SCRAM-256", "SASL_PLAINTEXT", "SCRAM-SHA-256"},
                               Security{"SCRAM-512", "SASL_SSL", "SCRAM-SHA-512"},
                               Security{"certificate", "SSL", "certificate"}};
const QStringList kCodecs{"none", "gzip", "snappy", "lz4", "zstd"};
const QStringList kClients{"kcat", "kafka-python", "confluent", "kafkajs"};
const QStringList kSteps{"produce", "idempotent",     "transaction",
                         "group",   "read-committed", "administer"};

/// What a client is not made for, in the versions that Debian 12 and npm have.
const QMap<QString, QString> kCannot{
    {"kcat transaction", "kcat has no transactions"},
    {"kcat administer", "kcat only lists"},
    {"kafka-python idempotent", "kafka-python 2.0.2 has no idempotent producer"},
    {"kafka-python transaction", "kafka-python 2.0.2 has no transactions"},
    {"kafka-python read-committed", "kafka-python 2.0.2 reads uncommitted records too"}};

bool hasCodec(const QString& step) {
  return step == "produce" || step == "idempotent" || step == "transaction";
}

bool showsCertificate(const Security& security) {
  return QByteArray(security.mechanism) == "certificate";
}

/// "client step codec", of one way to prove who one is.
QString cell(const QString& client, const QString& step, const QString& codec) {
  return client + ' ' + step + ' ' + codec;
}

}  // namespace

class KafkaClientsTest : public QObject {
  Q_OBJECT

  SecuredKafka kafka_;
  QMap<QString, QSet<QString>> green_;  // by the name of the security

  QStringList kcatSettings(const Security& security) const {
    if (!showsCertificate(security)) return kafka_.settings(security.protocol, security.mechanism);
    return kafka_.settings(security.protocol, "") +
           QStringList{"-X", "ssl.certificate.location=" + kafka_.path("ann.pem"), "-X",
                       "ssl.key.location=" + kafka_.path("ann.key")};
  }

  // The lines that the clients' own programs say, too.
  QByteArray kcatWrites(const Security& security, const QString& topic) {
    QByteArray lines;
    for (const QString& codec : kCodecs) {
      for (const QString& step : {QString("produce"), QString("idempotent")}) {
        const Outcome sent =
            kcat(kafka_.server(),
                 kcatSettings(security) +
                     QStringList{"-P", "-t", topic, "-z", codec, "-K", "|", "-H", "h=v", "-X",
                                 QString("enable.idempotence=") +
                                     (step == "idempotent" ? "true" : "false")},
                 ("key|kcat/" + step + '/' + codec + '\n').toUtf8());
        lines += (sent.code == 0 ? "ok " + step + ' ' + codec + '\n'
                                 : "failed " + step + ' ' + codec + ": " + sent.err + '\n')
                     .toUtf8();
      }
    }
    return lines;
  }
  QByteArray kcatReads(const Security& security, const QString& topic, const QString& step) {
    const QStringList arguments =
        kcatSettings(security) + QStringList{"-X", "auto.offset.reset=earliest",
                                             "-X", "isolation.level=read_committed",
                                             "-q", "-e",
                                             "-f", "saw %k|%h|%s\n",
                                             "-G", "kcat-" + topic,
                                             topic};
    const Outcome read = kcat(kafka_.server(), arguments);
    const Outcome again = kcat(kafka_.server(), arguments);
    QByteArray lines = read.out;
    lines.replace("saw key|h=v|", "saw ");
    const bool fine = read.code == 0 && again.code == 0 && again.out.isEmpty();
    return lines + (fine ? "ok " + step + " -\n" : "failed " + step + " -: " + read.err + again.out)
                       .toUtf8();
  }
  QByteArray does(const QString& client, const char* verb, const Security& security,
                  const QString& topic, int count, int committed) {
    if (client == "kcat") {
      if (QByteArray(verb) == "write") return kcatWrites(security, topic);
      return kcatReads(security, topic, "group") +
             kcatReads(security, topic + "-tx", "read-committed");
    }
    const QString folder = QString(MR_SOURCE_DIR) + "/tests/e2e/clients/";
    const QStringList arguments{verb,
                                kafka_.server().address(),
                                security.protocol,
                                security.mechanism,
                                kafka_.path("cert.pem"),
                                topic,
                                QString::number(count),
                                QString::number(committed)};
    Outcome ran;
    if (client == "kafkajs") {
      ran = callProgram("/usr/bin/node", QStringList{folder + "kafkajs.js"} + arguments);
    } else {
      const QString script = client == "confluent" ? "confluent.py" : "kafka_python.py";
      ran = callProgram("/usr/bin/python3", QStringList{"-B", folder + script} + arguments);
    }
    if (ran.code != 0) qWarning("%s: %s", qPrintable(client), ran.err.constData());
    return ran.out;
  }

  /// The values that a client saw; what it could do goes into `green`.
  static QStringList take(const QString& client, const QByteArray& lines, QSet<QString>& green) {
    QStringList seen;
    for (const QString& line : QString::fromUtf8(lines).split('\n')) {
      if (line.startsWith("saw "))
        seen += line.mid(4);
      else if (line.startsWith("ok "))
        green += client + ' ' + line.mid(3);
      else if (!line.isEmpty())
        qWarning("%s: %s", qPrintable(client), qPrintable(line));
    }
    seen.sort();
    return seen;
  }

 private slots:
  void initTestCase() {
    QVERIFY2(QFile::exists(QString(MR_SOURCE_DIR) + "/build/clients/node_modules/kafkajs"),
             "kafkajs is not there: ./dev test installs it");
    qputenv("NODE_PATH", (QString(MR_SOURCE_DIR) + "/build/clients/node_modules").toUtf8());
    QByteArray wrong = kafka_.prepare();
    if (wrong.isEmpty()) wrong = kafka_.makeCertificate("/O=Rivers/CN=ann", "ann.pem", "ann.key");
    QVERIFY2(wrong.isEmpty(), wrong.constData());
  }
  void cleanup() { QCOMPARE(kafka_.stop(), 0); }

  void everyClientWritesAndReadsWhatAllWrote_data() {
    QTest::addColumn<int>("row");
    for (std::size_t i = 0; i < kSecurity.size(); ++i)
      QTest::newRow(kSecurity[i].name) << static_cast<int>(i);
  }
  void everyClientWritesAndReadsWhatAllWrote() {
    QFETCH(int, row);
    const Security& security = kSecurity[static_cast<std::size_t>(row)];
    QMap<QByteArray, QByteArray> more;
    if (showsCertificate(security)) {
      // Whoever the server takes for somebody else may do nothing.
      more = {{"MILLRACE_KAFKA_TRUST", kafka_.path("ann.pem").toUtf8()},
              {"KAFKA_AUTHORIZER_CLASS_NAME", "StandardAuthorizer"},
              {"KAFKA_SUPER_USERS", "User:CN=ann,O=Rivers"}};
    }
    QVERIFY2(kafka_.start(security.protocol, more), kafka_.server().errors().constData());
    const QString topic = QString("all-%1").arg(row);
    QSet<QString>& green = green_[security.name];
    for (const QString& client : kClients)
      take(client, does(client, "write", security, topic, 0, 0), green);
    QStringList plain;
    QStringList committed;
    for (const QString& client : kClients) {
      for (const QString& codec : kCodecs) {
        for (const QString& step :
             {QString("produce"), QString("idempotent"), QString("transaction")}) {
          if (kCannot.contains(client + ' ' + step)) continue;
          QVERIFY2(green.contains(cell(client, step, codec)),
                   qPrintable(cell(client, step, codec)));
          (step == "transaction" ? committed : plain) += client + '/' + step + '/' + codec;
        }
      }
    }
    plain.sort();
    committed.sort();
    for (const QString& client : kClients) {
      const bool committedToo = !kCannot.contains(client + " read-committed");
      QStringList expected = plain;
      if (committedToo) expected += committed;
      expected.sort();
      const QStringList seen =
          take(client,
               does(client, "read", security, topic, static_cast<int>(plain.size()),
                    static_cast<int>(committed.size())),
               green);
      QVERIFY2(seen == expected, qPrintable(client + " saw " + seen.join(' ')));
      for (const QString& step :
           {QString("group"), QString("read-committed"), QString("administer")}) {
        if (kCannot.contains(client + ' ' + step)) continue;
        QVERIFY2(green.contains(cell(client, step, "-")), qPrintable(cell(client, step, "-")));
      }
    }
  }

  void thePageTellsWhatCameOut() {
    QString page =
        "# Clients of Kafka\n\n"
        "<!-- Written by tests/e2e/kafka_clients_test.cpp; do not edit. -->\n"
        "What four clients did with `millrace server` when this was written, each with every codec "
        "and "
        "every way to prove\n"
        "who it is (SCRAM-512 over TLS, PLAIN and SCRAM-256 over plain sockets; certificate: TLS "
        "on "
        "both sides,\n"
        "ACLs are on, and who the certificate names is the only one who may do anything). Every "
        "reader saw what every\n"
        "writer wrote, and nothing else.\n\n";
    QString header = "| Client | Operation |";
    QString line = "|---|---|";
    for (const Security& security : kSecurity) {
      header += QString(' ') + security.name + " |";
      line += "---|";
    }
    page += header + '\n' + line + '\n';
    for (const QString& client : kClients) {
      for (const QString& step : kSteps) {
        page += "| " + client + " | " + step + " |";
        for (const Security& security : kSecurity) {
          const auto cannot = kCannot.find(client + ' ' + step);
          QStringList fine;
          for (const QString& codec : hasCodec(step) ? kCodecs : QStringList{"-"}) {
            if (green_[security.name].contains(cell(client, step, codec))) fine += codec;
          }
          page += cannot != kCannot.end() ? " cannot |"
                                          : ' ' + fine.join(' ').replace("-", "yes") + " |";
        }
        page += '\n';
      }
    }
    page += "\nWhat they cannot, whatever the server:\n\n";
    for (const QString& reason : kCannot) page += "- " + reason + '\n';
    page +=
        "\n*group*: join a group, read everything, commit, and find the offsets there afterwards. "
        "*read-committed*: a topic of\n"
        "aborted and committed transactions. *administer*: create a topic with a config, describe "
        "it, "
        "delete it. kafkajs has\n"
        "snappy, lz4 and zstd plugged in (kafkajs-snappy, lz4js, zstd-codec).\n";
    QFile file(QString(MR_SOURCE_DIR) + "/docs/kafka-clients.md");
    if (qEnvironmentVariableIsSet("MILLRACE_REGENERATE")) {
      QVERIFY(file.open(QIODevice::WriteOnly));
      file.write(page.toUtf8());
      return;
    }
    QVERIFY(file.open(QIODevice::ReadOnly));
    QCOMPARE(QString::fromUtf8(file.readAll()), page);
  }
};

QTEST_GUILESS_MAIN(KafkaClientsTest)
#include "kafka_clients_test.moc"

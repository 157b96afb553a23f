// SPDX-License-Identifier: Apache-2.0
// millrace diagnostics and millrace --version --json: what runs, and how.
#include "tests/harness/rest_server.h"

#include <QTemporaryDir>

using namespace rest_test;

class DiagnosticsTest : public QObject {
  Q_OBJECT

  static QByteArray call(const QStringList& arguments) {
    QProcess process;
    process.start(QString(MR_BINARY_DIR) + "/bin/millrace", arguments);
    if (!process.waitForFinished(kPatience) || process.exitCode() != 0) return {};
    return process.readAllStandardOutput();
  }

 private slots:
  void theCommandsSayWhatRunsAndHow() {
    const QJsonObject version = QJsonDocument::fromJson(call({"--version", "--json"})).object();
    QCOMPARE(call({"--version"}).trimmed(), version["version"].toString().toUtf8());
    QVERIFY(!version["commit"].toString().isEmpty());
    for (const char* library : {"librdkafka", "openssl", "sqlite", "zstd"})
      QVERIFY2(version["libraries"].toObject().contains(library), library);

    QTemporaryDir folder;
    RestServer server(folder.path());
    QVERIFY(server.writeFlow("millrace: 1\nname: well\n"));
    QVERIFY2(server.start(), server.errors().constData());
    const QString at = "http://" + server.address();
    const QJsonObject found =
        QJsonDocument::fromJson(call({"diagnostics", "--server", at, "--json"})).object();
    QVERIFY(found["program"].toObject() == version);
    QVERIFY(found["healthy"].toBool());
    QVERIFY(found["process"].toObject()["residentBytes"].toDouble() > 1e6);
    const QByteArray table = call({"diagnostics", "--server", at});
    for (const char* row : {"process.threads ", "data.parts.journal.bytes ", "log.partitions ",
                            "program.libraries.openssl "})
      QVERIFY2(table.contains(row), table.constData());
    QCOMPARE(server.stop(), 0);
  }
};

QTEST_GUILESS_MAIN(DiagnosticsTest)
#include "diagnostics_test.moc"

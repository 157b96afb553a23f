// SPDX-License-Identifier: Apache-2.0
// The messages are the examples of RFC 3164, section 5.4, and RFC 5424, section 6.5.
#include "tests/harness/processor_bench.h"

#include <QtTest>

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_parse_syslog;
}

using millrace::tests::ProcessorBench;

class ParseSyslogTest : public QObject {
  Q_OBJECT

 private:
  static ProcessorBench::AttributeMap parse(std::string_view message,
                                            const std::string& charset = "UTF-8") {
    ProcessorBench bench(millrace::processors::processorIn_parse_syslog);
    bench.set("Character Set", charset);
    bench.enqueue(message);
    bench.run();
    const auto outputs = bench.outputs("success");
    if (outputs.empty()) return {{"went", "failure"}};
    if (outputs[0].content != message) return {{"content", "changed"}};
    return outputs[0].attributes;
  }

 private slots:
  void oldMessagesAreParsed() {
    const auto parts =
        parse("<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8\n");
    QCOMPARE(parts.at("syslog.priority"), std::string("34"));
    QCOMPARE(parts.at("syslog.severity"), std::string("2"));
    QCOMPARE(parts.at("syslog.facility"), std::string("4"));
    QCOMPARE(parts.at("syslog.timestamp"), std::string("Oct 11 22:14:15"));
    QCOMPARE(parts.at("syslog.hostname"), std::string("mymachine"));
    QCOMPARE(parts.at("syslog.body"),
             std::string("su: 'su root' failed for lonvick on /dev/pts/8"));
    QVERIFY(!parts.contains("syslog.version"));
    // A day of one digit stands behind two blanks.
    QCOMPARE(parse("<13>Feb  5 17:32:18 10.0.0.99 Use the BFG!").at("syslog.timestamp"),
             std::string("Feb  5 17:32:18"));
  }

  void newMessagesAreParsed() {
    const auto parts =
        parse("<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time.");
    QCOMPARE(parts.at("syslog.priority"), std::string("165"));
    QCOMPARE(parts.at("syslog.severity"), std::string("5"));
    QCOMPARE(parts.at("syslog.facility"), std::string("20"));
    QCOMPARE(parts.at("syslog.version"), std::string("1"));
    QCOMPARE(parts.at("syslog.timestamp"), std::string("2003-08-24T05:14:15.000003-07:00"));
    QCOMPARE(parts.at("syslog.hostname"), std::string("192.0.2.1"));
    QCOMPARE(parts.at("syslog.body"), std::string("myproc 8710 - - %% It's time."));
    QCOMPARE(parse("<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - x")
                 .at("syslog.hostname"),
             std::string("mymachine.example.com"));
  }

  void unknownPartsAreLeftOut() {
    const auto parts = parse("<34>1 - - body \xE2\x82\xAC");
    QVERIFY(!parts.contains("syslog.timestamp"));
    QVERIFY(!parts.contains("syslog.hostname"));
    QCOMPARE(parts.at("syslog.body"), std::string("body \xE2\x82\xAC"));
    QCOMPARE(parse("<0>1 - host ").at("syslog.body"), std::string());
  }

  void whatIsNoMessageFails() {
    for (const char* wrong :
         {"", "\n", "no message", "<34>", "<x>Oct 11 22:14:15 h b", "<34>Oct 11 22:14 host body",
          "<1234>Oct 11 22:14:15 host body", "<34>Oct 11 22:14:15 host two\nlines"})
      QVERIFY2(parse(wrong).contains("went"), wrong);
    QVERIFY(parse(std::string(100000, '<')).contains("went"));
  }

  void otherEncodingsAreRead() {
    const auto parts = parse("<34>Oct 11 22:14:15 host caf\xE9", "ISO-8859-1");
    QCOMPARE(parts.at("syslog.body"), std::string("caf\xC3\xA9"));
  }
};

QTEST_GUILESS_MAIN(ParseSyslogTest)
#include "parse_syslog_test.moc"

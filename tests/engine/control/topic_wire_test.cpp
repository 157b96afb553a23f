// SPDX-License-Identifier: Apache-2.0
// What a connection that is a topic stands for, when it is drawn out.
#include "engine/control/topic_wire.h"

#include "engine/flow/flow_graph.h"
#include "engine/flow/yaml_reader.h"

#include <QTest>
#include <algorithm>

using namespace millrace;
using namespace millrace::engine;

namespace {

const std::string kFlow =
    "millrace: 1\n"
    "name: wires\n"
    "services:\n"
    "  - {name: Topics of wires, type: StandardHttpContextMap}\n"
    "processors:\n"
    "  - {name: Make, type: GenerateFlowFile}\n"
    "  - {name: Take, type: LogAttribute, auto-terminate: [success]}\n"
    "  - {name: Other, type: LogAttribute, auto-terminate: [success]}\n"
    "connections:\n"
    "  - from: Make\n"
    "    relationship: success\n"
    "    to: Take\n"
    "    via: {topic: orders, partitions: 3}\n"
    "    keyed-by: ${customer}\n"
    "    expire: 5 min\n"
    "    prioritizers: [newest first]\n"
    "    back-pressure: {count: 77, size: 5 MB}\n"
    "  - {from: Make, relationship: success, to: Other}\n";

flow::Flow readFlow(const std::string& text) {
  auto flow = flow::parseFlow(text, "wires.yaml");
  if (!flow.ok()) qFatal("%s", flow.error().message.c_str());
  return std::move(*flow);
}

std::string valueOf(const flow::Processor& processor, std::string_view name) {
  for (const flow::Property& property : processor.properties) {
    if (property.name == name) return property.value;
  }
  return "(none)";
}

const flow::Processor& ofType(const flow::Flow& flow, std::string_view type) {
  const auto& all = flow.root.processors;
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.type == type; });
  if (found == all.end()) qFatal("no such processor");
  return *found;
}

}  // namespace

class TopicWireTest : public QObject {
  Q_OBJECT
 private slots:
  void aFlowWithoutWiresStaysAsItIs() {
    std::string text = kFlow;
    const std::size_t at = text.find("    via:");
    text.erase(at, text.find("    expire:") - at);
    const flow::Flow flow = readFlow(text);
    QVERIFY(!withTopicWires(flow).has_value());
    QVERIFY(topicWiresOf(flow).empty());
  }
  void aWireIsAPublisherAConsumerAndTheQueueBeforeItsDestination() {
    const flow::Flow flow = readFlow(kFlow);
    const auto wires = topicWiresOf(flow);
    QCOMPARE(wires.size(), std::size_t{1});
    QCOMPARE(wires[0].topic, std::string("orders"));
    QCOMPARE(wires[0].partitions, 3);
    const auto drawn = withTopicWires(flow);
    QVERIFY(drawn.has_value());
    const flow::Processor& publisher = ofType(*drawn, "PublishKafka");
    QCOMPARE(valueOf(publisher, "Topic Name"), std::string("orders"));
    QCOMPARE(valueOf(publisher, "Kafka Key"), std::string("${customer}"));
    QCOMPARE(valueOf(publisher, "Lag Group"), wires[0].group);
    QCOMPARE(valueOf(publisher, "Most Lag"), std::string("77"));
    const flow::Processor& consumer = ofType(*drawn, "ConsumeKafka");
    QCOMPARE(valueOf(consumer, "Group ID"), wires[0].group);
    QCOMPARE(valueOf(consumer, "Auto Offset Reset"), std::string("earliest"));
    // The flow has a service of that name already.
    QCOMPARE(drawn->root.services.size(), std::size_t{2});
    QCOMPARE(valueOf(consumer, "Kafka Connection Service"), drawn->root.services[1].name);
    QVERIFY(drawn->root.services[0].name != drawn->root.services[1].name);

    const flow::FlowGraph graph(*drawn);
    QCOMPARE(graph.wires().size(), std::size_t{4});
    const flow::Connection& given = flow.root.connections[0];
    std::vector<std::string> ways;
    for (const auto& wire : graph.wires()) {
      ways.push_back(graph.nodes()[wire.from].element->name + " > " +
                     graph.nodes()[wire.to].element->name);
      if (wire.connection->id == given.id) {
        QCOMPARE(graph.nodes()[wire.to].path, std::string("Take"));
        QCOMPARE(wire.connection->expire, 5 * kMinute);
        QCOMPARE(wire.connection->prioritizers.size(), std::size_t{1});
      }
      QVERIFY(!wire.connection->via.has_value());
      QCOMPARE(wire.connection->backPressure.count,
               wire.connection->id == flow.root.connections[1].id ? std::uint64_t{10000}
                                                                  : std::uint64_t{77});
    }
    std::sort(ways.begin(), ways.end());
    const std::vector<std::string> expected{"Make > Make to topic orders", "Make > Other",
                                            "Make to topic orders > Make to topic orders",
                                            "Topic orders to Take > Take"};
    QVERIFY(ways == expected);
  }
  void idsStayTheSameAsLongAsTheConnectionsDoes() {
    const flow::Flow flow = readFlow(kFlow);
    QVERIFY(*withTopicWires(flow) == *withTopicWires(flow));
    QCOMPARE(withTopicWires(flow)->root.processors[3].id,
             withTopicWires(readFlow(kFlow))->root.processors[3].id);
    flow::Flow other = flow;
    other.root.connections[0].id = flow::ElementId(99);
    QVERIFY(withTopicWires(other)->root.processors[3].id !=
            withTopicWires(flow)->root.processors[3].id);
    QVERIFY(topicWiresOf(other)[0].group != topicWiresOf(flow)[0].group);
  }
};
QTEST_GUILESS_MAIN(TopicWireTest)
#include "topic_wire_test.moc"

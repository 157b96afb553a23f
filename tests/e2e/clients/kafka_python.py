# SPDX-License-Identifier: Apache-2.0
# What kafka-python can do: kafka_python.py write|read ADDRESS PROTOCOL MECHANISM CA TOPIC [COUNT]
# What is read is a line "saw VALUE"; the rest is said by steps.py.
import sys
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, KafkaAdminClient, NewTopic
from steps import CODECS, address, ca, certificate, encrypts, key, mechanism, protocol, proves, step, topic, verb

common = dict(bootstrap_servers=address, security_protocol=protocol)
if proves:
    common.update(sasl_mechanism=mechanism, sasl_plain_username="ann", sasl_plain_password="correct horse")
if encrypts:
    common.update(ssl_cafile=ca)
if certificate:
    common.update(ssl_certfile=certificate, ssl_keyfile=key)


def produce(codec):
    producer = KafkaProducer(acks="all", compression_type=None if codec == "none" else codec, **common)
    producer.send(topic, ("kafka-python/produce/" + codec).encode(), key=b"key", headers=[("h", b"v")]).get(60)
    producer.close()


def administer():
    admin = KafkaAdminClient(**common)
    name = "made-by-kafka-python"
    admin.create_topics([NewTopic(name, 3, 1, topic_configs={"retention.ms": "4711"})])
    told = admin.describe_configs([ConfigResource("TOPIC", name)])
    values = {row[0]: row[1] for answer in told for resource in answer.resources for row in resource[4]}
    assert values["retention.ms"] == "4711", values
    admin.delete_topics([name])
    assert name not in admin.list_topics()
    admin.close()


def read(count):
    group = "kafka-python-" + topic
    consumer = KafkaConsumer(topic, group_id=group, auto_offset_reset="earliest", enable_auto_commit=False,
                             consumer_timeout_ms=60000, **common)
    for _, message in zip(range(count), consumer):
        assert message.key == b"key" and message.headers == [("h", b"v")], message
        print("saw", message.value.decode(), flush=True)
    consumer.commit()
    ends = consumer.end_offsets([TopicPartition(topic, part) for part in consumer.partitions_for_topic(topic)])
    consumer.close()
    again = KafkaConsumer(group_id=group, **common)
    assert all((again.committed(part) or 0) == end for part, end in ends.items()), ends
    again.close()


if verb == "write":
    for each in CODECS:
        step("produce", each, lambda: produce(each))
    step("administer", "-", administer)
else:
    step("group", "-", lambda: read(int(sys.argv[7])))

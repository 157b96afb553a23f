# SPDX-License-Identifier: Apache-2.0
# What confluent-kafka can do: confluent.py write|read ADDRESS PROTOCOL MECHANISM CA TOPIC [COUNT COMMITTED]
# What is read is a line "saw VALUE"; the rest is said by steps.py.
import sys
import time
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic
from steps import CODECS, address, ca, certificate, encrypts, key, mechanism, protocol, proves, step, topic, verb

common = {"bootstrap.servers": address, "security.protocol": protocol}
if proves:
    common.update({"sasl.mechanism": mechanism, "sasl.username": "ann", "sasl.password": "correct horse"})
if encrypts:
    common["ssl.ca.location"] = ca
if certificate:
    common.update({"ssl.certificate.location": certificate, "ssl.key.location": key})


def send(producer, to, value):
    problems = []
    producer.produce(to, value, key="key", headers=[("h", b"v")], on_delivery=lambda error, _: problems.append(error))
    assert producer.flush(60) == 0 and problems == [None], problems


def produce(codec, kind, more):
    send(Producer({**common, **more, "compression.type": codec}), topic, "confluent/%s/%s" % (kind, codec))


def transact(codec):
    producer = Producer({**common, "compression.type": codec, "transactional.id": "confluent-%s-%s" % (topic, codec)})
    producer.init_transactions(60)
    producer.begin_transaction()
    send(producer, topic + "-tx", "confluent/aborted/" + codec)
    producer.abort_transaction(60)
    producer.begin_transaction()
    send(producer, topic + "-tx", "confluent/transaction/" + codec)
    producer.commit_transaction(60)


def administer():
    admin = AdminClient(common)
    name = "made-by-confluent"
    admin.create_topics([NewTopic(name, 3, 1, config={"retention.ms": "4711"})])[name].result(60)
    where = ConfigResource("topic", name)
    assert admin.describe_configs([where])[where].result(60)["retention.ms"].value == "4711"
    admin.delete_topics([name], operation_timeout=60)[name].result(60)
    assert name not in admin.list_topics(timeout=60).topics


def read(of, count):
    group = {**common, "group.id": "confluent-" + of, "enable.auto.commit": False, "auto.offset.reset": "earliest",
             "isolation.level": "read_committed"}
    consumer = Consumer(group)
    consumer.subscribe([of])
    end = time.monotonic() + 120
    ends = {}
    while count and time.monotonic() < end:
        message = consumer.poll(1)
        if message is None or message.error():
            continue
        assert message.key() == b"key" and message.headers() == [("h", b"v")]
        print("saw", message.value().decode(), flush=True)
        ends[message.partition()] = message.offset() + 1
        count -= 1
    assert count == 0, "%d did not come" % count
    consumer.commit(asynchronous=False)
    consumer.close()
    told = Consumer(group).committed([TopicPartition(of, part) for part in ends], 60)
    assert all(part.offset >= ends[part.partition] for part in told), told


if verb == "write":
    for each in CODECS:
        step("produce", each, lambda: produce(each, "produce", {}))
        step("idempotent", each, lambda: produce(each, "idempotent", {"enable.idempotence": True}))
        step("transaction", each, lambda: transact(each))
    step("administer", "-", administer)
else:
    step("group", "-", lambda: read(topic, int(sys.argv[7])))
    step("read-committed", "-", lambda: read(topic + "-tx", int(sys.argv[8])))

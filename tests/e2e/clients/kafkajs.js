// SPDX-License-Identifier: Apache-2.0
// What kafkajs can do: node kafkajs.js write|read ADDRESS PROTOCOL MECHANISM CA TOPIC [COUNT COMMITTED]
// MECHANISM "certificate": shows ann.pem, with its key in ann.key, which lie beside CA.
// Each step is a line: "ok STEP CODEC", or "failed STEP CODEC: why"; what is read is "saw VALUE".
// kafkajs has gzip inside; the other codecs are plugged in, here with those that are JavaScript alone.
const fs = require('fs');
const path = require('path');
const { Kafka, logLevel, CompressionTypes, CompressionCodecs } = require('kafkajs');
const lz4 = require('lz4js');
const { ZstdCodec } = require('zstd-codec');

CompressionCodecs[CompressionTypes.Snappy] = require('kafkajs-snappy');
CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: async (encoder) => Buffer.from(lz4.compress(encoder.buffer)),
  decompress: async (bytes) => Buffer.from(lz4.decompress(bytes)),
});
const zstd = new Promise((ready) => ZstdCodec.run((made) => ready(new made.Streaming())));
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: async (encoder) => Buffer.from((await zstd).compress(encoder.buffer)),
  decompress: async (bytes) => Buffer.from((await zstd).decompress(bytes)),
});

const [verb, address, protocol, mechanism, ca, topic, count, committed] = process.argv.slice(2);
const besideCa = (name) => fs.readFileSync(path.join(path.dirname(ca), name));
const shown = mechanism === 'certificate' ? { cert: besideCa('ann.pem'), key: besideCa('ann.key') } : {};
const kafka = new Kafka({
  clientId: 'kafkajs',
  brokers: [address],
  logLevel: logLevel.NOTHING,
  requestTimeout: 60000,
  ...(protocol.startsWith('SASL')
    ? { sasl: { mechanism: mechanism.toLowerCase(), username: 'ann', password: 'correct horse' } } : {}),
  ...(protocol.endsWith('SSL') ? { ssl: { ca: [fs.readFileSync(ca)], ...shown } } : {}),
});
const codecs = { none: CompressionTypes.None, gzip: CompressionTypes.GZIP, snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4, zstd: CompressionTypes.ZSTD };

async function step(name, codec, work) {
  try {
    await work();
    console.log('ok', name, codec);
  } catch (problem) {
    console.log(`failed ${name} ${codec}: ${problem.stack}`);
  }
}

const message = (value) => ({ key: 'key', value, headers: { h: 'v' } });

async function produce(codec, kind, options) {
  const producer = kafka.producer(options);
  await producer.connect();
  await producer.send({ topic, acks: -1, compression: codecs[codec], messages: [message(`kafkajs/${kind}/${codec}`)] });
  await producer.disconnect();
}

async function transact(codec) {
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1,
    transactionalId: `kafkajs-${topic}-${codec}` });
  await producer.connect();
  for (const kind of ['aborted', 'transaction']) {
    const transaction = await producer.transaction();
    await transaction.send({ topic: topic + '-tx', acks: -1, compression: codecs[codec],
      messages: [message(`kafkajs/${kind}/${codec}`)] });
    await (kind === 'aborted' ? transaction.abort() : transaction.commit());
  }
  await producer.disconnect();
}

function expect(holds, what) {
  if (!holds) throw new Error(what);
}

async function administer() {
  const admin = kafka.admin();
  await admin.connect();
  const name = 'made-by-kafkajs';
  await admin.createTopics({ topics: [{ topic: name, numPartitions: 3,
    configEntries: [{ name: 'retention.ms', value: '4711' }] }] });
  const told = await admin.describeConfigs({ includeSynonyms: false, resources: [{ type: 2, name }] });
  expect(told.resources[0].configEntries.find((one) => one.configName === 'retention.ms').configValue === '4711',
    JSON.stringify(told));
  await admin.deleteTopics({ topics: [name] });
  expect(!(await admin.listTopics()).includes(name), 'it is still there');
  await admin.disconnect();
}

async function read(of, wanted) {
  const groupId = `kafkajs-${of}`;
  const consumer = kafka.consumer({ groupId, readUncommitted: false });
  await consumer.connect();
  await consumer.subscribe({ topic: of, fromBeginning: true });
  const ends = {};
  let left = wanted;
  await new Promise((done, failed) => {
    setTimeout(() => failed(new Error(`${left} did not come`)), 120000).unref();
    consumer.run({ autoCommit: false, eachMessage: async ({ partition, message: one }) => {
      if (left <= 0) return;
      if (String(one.key) !== 'key' || String(one.headers.h) !== 'v') failed(new Error('another key or header'));
      console.log('saw', String(one.value));
      ends[partition] = String(BigInt(one.offset) + 1n);
      if (--left === 0) done();
    } });
  });
  await consumer.commitOffsets(Object.entries(ends).map(([partition, offset]) =>
    ({ topic: of, partition: Number(partition), offset })));
  await consumer.disconnect();
  const admin = kafka.admin();
  await admin.connect();
  const told = await admin.fetchOffsets({ groupId, topics: [of] });
  for (const one of told[0].partitions)
    if (ends[one.partition]) expect(one.offset === ends[one.partition], JSON.stringify(told));
  await admin.disconnect();
}

(async () => {
  if (verb === 'write') {
    for (const codec of Object.keys(codecs)) {
      await step('produce', codec, () => produce(codec, 'produce', {}));
      await step('idempotent', codec, () => produce(codec, 'idempotent', { idempotent: true }));
      await step('transaction', codec, () => transact(codec));
    }
    await step('administer', '-', administer);
  } else {
    await step('group', '-', () => read(topic, Number(count)));
    await step('read-committed', '-', () => read(topic + '-tx', Number(committed)));
  }
})();

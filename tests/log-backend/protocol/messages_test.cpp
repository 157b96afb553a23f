// SPDX-License-Identifier: Apache-2.0
#include "engine/base/random.h"
#include "log-backend/protocol/frame.h"
#include "tests/log-backend/protocol/golden_messages.h"

#include <QByteArray>
#include <QTest>
#include <cstdlib>

using namespace millrace;
using namespace millrace::log::wire;

namespace {

using Bytes = std::vector<std::byte>;

Bytes bytesOf(const char* hex) {
  const QByteArray raw = QByteArray::fromHex(hex);
  const ByteView view = asBytes(std::string_view(raw.constData(), std::size_t(raw.size())));
  return {view.begin(), view.end()};
}

/// A golden request: its header is looked at, its body decoded, and encoded again to the same
/// bytes.
template <typename Request>
Request requestOf(const char* hex, std::int16_t version) {
  const Bytes bytes = bytesOf(hex);
  const auto frame = readRequest(bytes);
  if (!frame.ok() || frame->api == nullptr) qFatal("the header is not read");
  if (frame->header.key != Request::kApi.key || frame->header.version != version ||
      frame->header.correlationId != 77 || frame->header.clientId != "client-\xc3\xa9")
    qFatal("the header is read wrongly");
  auto request = decodeBody<Request>(frame->body, version);
  if (!request.ok()) qFatal("%s", request.error().message.c_str());
  if (encodeBody(*request, version) != Bytes(frame->body.begin(), frame->body.end()))
    qFatal("the body is written otherwise");
  // Views point into bytes that go now: only what owns itself is looked at by the callers.
  return std::move(request).value();
}

template <typename Response>
Response responseOf(const Bytes& bytes, std::int16_t version) {
  auto response = decodeBody<Response>(bytes, version);
  if (!response.ok()) qFatal("%s", response.error().message.c_str());
  if (encodeBody(*response, version) != bytes) qFatal("the response is written otherwise");
  return std::move(response).value();
}

std::uint64_t rounds(std::uint64_t whole) {
  const char* factor = std::getenv("MILLRACE_ROUNDS");
  const double scale = factor != nullptr ? std::strtod(factor, nullptr) : 0.1;
  return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(static_cast<double>(whole) * scale));
}

/// What was decoded from any bytes is written and read again without a difference.
template <typename Message>
bool staysTheSame(ByteView bytes, std::int16_t version, int& decoded) {
  auto first = decodeBody<Message>(bytes, version);
  if (!first.ok()) return true;
  ++decoded;
  const Bytes once = encodeBody(*first, version);
  auto second = decodeBody<Message>(once, version);
  return second.ok() && encodeBody(*second, version) == once;
}

}  // namespace

class MessagesTest : public QObject {
  Q_OBJECT
 private slots:
  void requestsOfAnotherClientAreRead() {
    const auto produce = requestOf<ProduceRequest>(golden::kProduce7, 7);
    QCOMPARE(produce.transactionalId, std::optional<std::string>("tx"));
    QCOMPARE(produce.acks, std::int16_t(-1));
    QCOMPARE(produce.timeoutMs, 30000);
    QCOMPARE(produce.topicData.at(0).name, std::string("topic-a"));
    QCOMPARE(produce.topicData[0].partitionData.at(0).index, 3);
    QCOMPARE(produce.topicData[0].partitionData[0].records->size(), std::size_t(7));
    QCOMPARE(produce.topicData[0].partitionData.at(1).records->size(), std::size_t(0));

    QCOMPARE(requestOf<FetchRequest>(golden::kFetch4, 4).topics.at(0).partitions.at(0).fetchOffset,
             std::int64_t(42));
    const auto fetch = requestOf<FetchRequest>(golden::kFetch11, 11);
    QCOMPARE(fetch.maxWaitMs, 500);
    QCOMPARE(fetch.isolationLevel, std::int8_t(1));
    QCOMPARE(fetch.sessionId, 9);
    QCOMPARE(fetch.sessionEpoch, 2);
    QCOMPARE(fetch.topics.at(0).partitions.at(0).currentLeaderEpoch, 5);
    QCOMPARE(fetch.topics[0].partitions[0].logStartOffset, std::int64_t(7));
    QCOMPARE(fetch.topics[0].partitions[0].partitionMaxBytes, 65536);
    QCOMPARE(fetch.rackId, std::string("rack"));

    QVERIFY(!requestOf<MetadataRequest>(golden::kMetadata5, 5).topics.has_value());
    QCOMPARE(requestOf<MetadataRequest>(golden::kMetadata1, 1).topics->at(1).name,
             std::optional<std::string>("b"));
    QCOMPARE(
        requestOf<ListOffsetsRequest>(golden::kOffsets1, 1).topics.at(0).partitions.at(0).timestamp,
        std::int64_t(-2));

    const auto create = requestOf<CreateTopicsRequest>(golden::kCreate3, 3);
    QCOMPARE(create.topics.at(0).numPartitions, -1);
    QCOMPARE(create.topics[0].assignments.at(0).brokerIds, (std::vector<std::int32_t>{1, 2}));
    QCOMPARE(create.topics[0].configs.at(1).value, std::optional<std::string>());
    QVERIFY(create.validateOnly);
    const auto join = requestOf<JoinGroupRequest>(golden::kJoin2, 2);
    QCOMPARE(join.rebalanceTimeoutMs, 60000);
    QCOMPARE(join.protocols.at(0).name, std::string("range"));
    const auto commit = requestOf<OffsetCommitRequest>(golden::kCommit2, 2);
    QCOMPARE(commit.topics.at(0).partitions.at(0).committedMetadata,
             std::optional<std::string>("meta"));
  }

  void responsesOfAnotherProgramAreTheSame() {
    const auto metadata = responseOf<MetadataResponse>(bytesOf(golden::kRmetadata5), 5);
    QCOMPARE(metadata.throttleTimeMs, 12);
    QCOMPARE(metadata.brokers.at(0).port, 9092);
    QCOMPARE(metadata.clusterId, std::optional<std::string>("cluster"));
    QCOMPARE(metadata.topics.at(1).errorCode, std::int16_t(3));
    const auto produce = responseOf<ProduceResponse>(bytesOf(golden::kRproduce7), 7);
    QCOMPARE(produce.responses.at(0).partitionResponses.at(0).baseOffset, std::int64_t(100));
    QCOMPARE(produce.responses[0].partitionResponses[0].logStartOffset, std::int64_t(5));
    const Bytes bytes = bytesOf(golden::kRfetch4);
    const auto fetch = responseOf<FetchResponse>(bytes, 4);
    const auto& partition = fetch.responses.at(0).partitions.at(0);
    QCOMPARE(partition.lastStableOffset, std::int64_t(8));
    QCOMPARE(partition.abortedTransactions->at(0).producerId, std::int64_t(4711));
    QCOMPARE(asText(*partition.records), std::string_view("BATCH"));
  }

  void aFlexibleRequestOfAClientIsRead() {
    const Bytes bytes = bytesOf(golden::kKcatapiversions);
    WireReader size(bytes, Lengths::kFixed);
    QCOMPARE(std::size_t(size.int32()), bytes.size() - 4);
    const auto frame = readRequest(ByteView(bytes).subspan(4));
    QVERIFY(frame.ok() && frame->api != nullptr);
    QCOMPARE(frame->header.version, std::int16_t(3));
    QCOMPARE(frame->header.correlationId, 1);
    QCOMPARE(frame->header.clientId, std::optional<std::string>("rdkafka"));
    const auto request = decodeBody<ApiVersionsRequest>(frame->body, 3);
    QVERIFY(request.ok());
    QCOMPARE(request->clientSoftwareName, std::string("librdkafka"));
    QCOMPARE(request->clientSoftwareVersion, std::string("2.0.2"));
    QVERIFY(encodeBody(*request, 3) == Bytes(frame->body.begin(), frame->body.end()));
  }

  void taggedFieldsAreReadSkippedAndWritten() {
    // By the protocol's description: error 0, one key 18 of 0 to 4 and its tags, throttle 0; tags 1
    // (epoch 5) and 9 (unknown, two bytes).
    const Bytes bytes = bytesOf(
        "0000"
        "02"
        "001200000004"
        "00"
        "00000000"
        "02"
        "01080000000000000005"
        "0902abcd");
    const auto response = decodeBody<ApiVersionsResponse>(bytes, 3);
    QVERIFY(response.ok());
    QCOMPARE(response->apiKeys.at(0).maxVersion, std::int16_t(4));
    QCOMPARE(response->finalizedFeaturesEpoch, std::optional<std::int64_t>(5));
    QVERIFY(!response->zkMigrationReady.has_value());
    const Bytes without = bytesOf(
        "0000"
        "02"
        "001200000004"
        "00"
        "00000000"
        "01"
        "01080000000000000005");
    QVERIFY(encodeBody(*response, 3) == without);
    const Bytes falling = bytesOf(
        "0000"
        "01"
        "00000000"
        "02"
        "0900"
        "01080000000000000005");
    QVERIFY(!decodeBody<ApiVersionsResponse>(falling, 3).ok());
    const Bytes overlong = bytesOf(
        "0000"
        "01"
        "00000000"
        "01"
        "01070000000000000005");
    QVERIFY(!decodeBody<ApiVersionsResponse>(overlong, 3).ok());
  }

  // As librdkafka 2.0.2 sends them, with bytes behind the body.
  void bytesBehindARequestArePassedOver() {
    const Bytes groups = bytesOf("001000040000000300086d696c6c7261636500010000");
    auto frame = readRequest(groups);
    QVERIFY(frame.ok());
    const auto listed = decodeBody<ListGroupsRequest>(frame->body, 4);
    QVERIFY(listed.ok());
    QVERIFY(listed->statesFilter.empty());
    const Bytes offsets =
        bytesOf("000900070000000500086d696c6c72616365000872656164657273000000000000");
    frame = readRequest(offsets);
    QVERIFY(frame.ok());
    const auto fetched = decodeBody<OffsetFetchRequest>(frame->body, 7);
    QVERIFY(fetched.ok());
    QCOMPARE(fetched->groupId, std::string("readers"));
    QVERIFY(!fetched->topics.has_value());
  }

  void responseHeadersFollowTheApi() {
    const auto first = [](const Bytes& frame, std::size_t count) {
      return QByteArray(reinterpret_cast<const char*>(frame.data()), qsizetype(count)).toHex();
    };
    HeartbeatResponse beat;
    QCOMPARE(first(makeResponse(beat, 3, 7).bytes, 14), QByteArray("0000000a00000007000000000000"));
    QCOMPARE(first(makeResponse(beat, 4, 7).bytes, 16), QByteArray("0000000c0000000700000000000000"
                                                                   "00"));
    ApiVersionsResponse versions;  // no tags in its header
    QCOMPARE(first(makeResponse(versions, 3, 7).bytes, 12), QByteArray("0000000c000000070000"
                                                                       "0100"));
  }

  void recordsThatAreElsewhereLeaveGapsOfTheirLength() {
    for (const std::int16_t version : {std::int16_t{11}, std::int16_t{13}}) {
      const std::vector<Bytes> records{Bytes(300, std::byte{1}), {}, Bytes(70'000, std::byte{2})};
      FetchResponse here;
      FetchResponse elsewhere;
      for (FetchResponse* each : {&here, &elsewhere}) {
        auto& topic = each->responses.emplace_back();
        topic.topic = "flights";
        for (const Bytes& bytes : records) {
          auto& partition = topic.partitions.emplace_back();
          partition.records = each == &here || bytes.empty() ? Records(ByteView(bytes))
                                                             : Records::elsewhere(bytes.size());
        }
      }
      const FramedResponse whole = makeResponse(here, version, 7);
      const FramedResponse parts = makeResponse(elsewhere, version, 7);
      QVERIFY(whole.gaps.empty());
      QCOMPARE(parts.gaps.size(), std::size_t{2});
      Bytes filled = parts.bytes;
      for (std::size_t i = parts.gaps.size(); i > 0; --i) {
        const Bytes& bytes = records[i == 1 ? 0 : 2];
        QCOMPARE(parts.gaps[i - 1].length, bytes.size());
        filled.insert(filled.begin() + static_cast<std::ptrdiff_t>(parts.gaps[i - 1].at),
                      bytes.begin(), bytes.end());
      }
      QVERIFY(filled == whole.bytes);
    }
  }

  void unknownApisAndVersionsAreToldApartFromDamage() {
    const auto frame = [](const char* hex) {
      const Bytes bytes = bytesOf(hex);
      return readRequest(bytes);
    };
    QVERIFY(frame("7fff000000000001ffff").ok());
    QVERIFY(frame("7fff000000000001ffff")->api == nullptr);
    QVERIFY(frame("0012000900000001ffff")->api == nullptr);
    QCOMPARE(frame("0012000900000001ffff")->header.correlationId, 1);
    QVERIFY(!frame("00120000000000").ok());
    QVERIFY(!frame("00120000000000010005aa").ok());
  }

  void countsAreNotBelieved() {
    // A fetch of 2^31 - 1 topics, and one of compact length 2^32 - 2, in a few bytes.
    const Bytes fixed = bytesOf("ffffffff000001f400000001000f4240017fffffff");
    QVERIFY(!decodeBody<FetchRequest>(fixed, 4).ok());
    const Bytes compact = bytesOf("000001f400000001000f4240010000000000000000ffffffff0f");
    QVERIFY(!decodeBody<FetchRequest>(compact, 13).ok());
    Bytes many = bytesOf("0000000700200000");  // two million empty strings
    many.resize(many.size() + 2 * 2000000 + 4);
    QVERIFY(!decodeBody<DeleteTopicsRequest>(ByteView(many).subspan(4), 0).ok());
  }

  void everyMessageIsTheSameAfterAnyBytes() {
    Random random(11);
    int decoded = 0;
    int wrong = 0;
    forEachApi([&](const auto& request, const auto& response) {
      const auto tryBytes = [&](const auto& message) {
        using Message = std::decay_t<decltype(message)>;
        for (std::int16_t version = Message::kApi.least; version <= Message::kApi.most; ++version) {
          const Bytes plain = encodeBody(message, version);
          const int before = decoded;
          if (!staysTheSame<Message>(plain, version, decoded) || decoded == before) ++wrong;
          for (std::size_t size = 0; size < plain.size(); ++size) {
            if (decodeBody<Message>(ByteView(plain).first(size), version).ok()) ++wrong;
          }
          for (std::uint64_t round = 0; round < rounds(2000); ++round) {
            // Elements appear where counts of the plain message grow and zeros follow.
            Bytes bytes = plain;
            bytes.resize(bytes.size() + random.below(40));
            for (std::uint64_t n = random.below(4); n > 0 && !bytes.empty(); --n)
              bytes[random.below(bytes.size())] =
                  std::byte(random.below(random.oneIn(10) ? 256 : 3));
            if (!staysTheSame<Message>(bytes, version, decoded)) ++wrong;
          }
        }
      };
      tryBytes(request);
      tryBytes(response);
    });
    QCOMPARE(wrong, 0);
    QVERIFY2(decoded > 500, qPrintable(QString::number(decoded)));
  }

  void changedRequestsNeverCrash() {
    Random random(12);
    const Bytes produce = bytesOf(golden::kProduce7);
    const Bytes fetch = bytesOf(golden::kFetch11);
    const Bytes create = bytesOf(golden::kCreate3);
    int decoded = 0;
    int wrong = 0;
    for (std::uint64_t round = 0; round < rounds(300000); ++round) {
      Bytes bytes = round % 3 == 0 ? produce : round % 3 == 1 ? fetch : create;
      for (std::uint64_t n = random.below(3) + 1; n > 0; --n)
        bytes[random.below(bytes.size())] = std::byte(random.below(256));
      if (random.oneIn(3)) bytes.resize(random.below(bytes.size()) + 1);
      const auto frame = readRequest(bytes);
      if (!frame.ok() || frame->api == nullptr) continue;
      forEachApi([&](const auto& request, const auto&) {
        using Request = std::decay_t<decltype(request)>;
        if (Request::kApi.key != frame->header.key) return;
        if (!staysTheSame<Request>(frame->body, frame->header.version, decoded)) ++wrong;
      });
    }
    QCOMPARE(wrong, 0);
    QVERIFY(decoded > 100);
  }
};

QTEST_GUILESS_MAIN(MessagesTest)
#include "messages_test.moc"

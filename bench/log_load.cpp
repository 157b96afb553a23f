// SPDX-License-Identifier: Apache-2.0
// log_load: librdkafka as anybody's client of a log, for bench/works/log.py. One JSON object on
// stdout; every message is counted and looked at; exit code 1 and a word on stderr otherwise.
//
//   log_load produce ADDRESS TOPIC PARTITIONS COUNT SIZE ACKS CODEC LINGER_MS
//   log_load consume ADDRESS TOPIC PARTITIONS COUNT SIZE
//   log_load latency ADDRESS TOPIC RATE SECONDS SIZE ACKS LINGER_MS
//       from the time at which a message was due to the time at which it is consumed or
//       acknowledged: what is late because something before it was late counts, too
//   log_load mock TOPIC PARTITIONS
//       librdkafka's mock of a cluster, in memory, until it is killed: says {"address":…}
#include <fmt/format.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Settings = std::vector<std::pair<const char*, std::string>>;
constexpr std::chrono::seconds kPatience{120};
constexpr int kFlushMs = 120'000;
constexpr std::size_t kAtOnce = 10'000;

double secondsSince(Clock::time_point then) {
  return std::chrono::duration<double>(Clock::now() - then).count();
}
std::int64_t nowNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now().time_since_epoch())
      .count();
}

template <auto kDestroy>
struct Destroy {
  template <typename Thing>
  void operator()(Thing* thing) const {
    kDestroy(thing);
  }
};
using Handle = std::unique_ptr<rd_kafka_t, Destroy<rd_kafka_destroy>>;
using Queue = std::unique_ptr<rd_kafka_queue_t, Destroy<rd_kafka_queue_destroy>>;
using Topic = std::unique_ptr<rd_kafka_topic_t, Destroy<rd_kafka_topic_destroy>>;
using Places = std::unique_ptr<rd_kafka_topic_partition_list_t,
                               Destroy<rd_kafka_topic_partition_list_destroy>>;

/// What became of the messages that were produced.
struct Acknowledged {
  std::uint64_t good = 0;
  std::uint64_t bad = 0;
  std::string firstWrong;
  std::vector<std::int64_t>* taken = nullptr;  ///< ns each from when it was due, if wanted
};

void onDelivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  auto& acknowledged = *static_cast<Acknowledged*>(opaque);
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (acknowledged.bad++ == 0) acknowledged.firstWrong = rd_kafka_err2str(message->err);
    return;
  }
  ++acknowledged.good;
  const auto due = reinterpret_cast<std::intptr_t>(message->_private);
  if (due != 0 && acknowledged.taken != nullptr) acknowledged.taken->push_back(nowNs() - due);
}

Handle open(rd_kafka_type_t type, const Settings& settings, Acknowledged* acknowledged = nullptr) {
  std::array<char, 512> wrong{};
  rd_kafka_conf_t* const made = rd_kafka_conf_new();
  for (const auto& [name, value] : settings) {
    if (rd_kafka_conf_set(made, name, value.c_str(), wrong.data(), wrong.size()) !=
        RD_KAFKA_CONF_OK)
      throw std::runtime_error(wrong.data());
  }
  if (acknowledged != nullptr) {
    rd_kafka_conf_set_opaque(made, acknowledged);
    rd_kafka_conf_set_dr_msg_cb(made, onDelivery);
  }
  Handle handle(rd_kafka_new(type, made, wrong.data(), wrong.size()));
  if (handle == nullptr) throw std::runtime_error(wrong.data());
  return handle;
}

Handle producer(const std::string& address, const std::string& acks, const std::string& codec,
                const std::string& lingerMs, Acknowledged& acknowledged) {
  return open(RD_KAFKA_PRODUCER,
              {{"bootstrap.servers", address},
               {"acks", acks},
               {"compression.codec", codec},
               {"linger.ms", lingerMs},
               {"batch.num.messages", "10000"},
               {"queue.buffering.max.messages", "200000"}},
              &acknowledged);
}

Handle consumer(const std::string& address, const std::string& topic, int partitions) {
  Handle handle = open(RD_KAFKA_CONSUMER, {{"bootstrap.servers", address},
                                           {"group.id", "log-load"},
                                           {"enable.auto.commit", "false"},
                                           {"auto.offset.reset", "earliest"},
                                           {"queued.min.messages", "1000000"}});
  rd_kafka_poll_set_consumer(handle.get());
  const Places places(rd_kafka_topic_partition_list_new(partitions));
  for (int number = 0; number < partitions; ++number)
    rd_kafka_topic_partition_list_add(places.get(), topic.c_str(), number)->offset = 0;
  rd_kafka_assign(handle.get(), places.get());
  return handle;
}

/// Words that compress about as well as log lines do; the first eight bytes are the message's own.
std::string textOf(std::size_t size) {
  static constexpr std::array kWords{"flight", "delayed", "gate", "runway", "cleared", "departed"};
  std::string text(8, '\0');
  for (std::uint64_t state = 88172645463325252ULL; text.size() < size;) {
    state ^= state << 13U;
    state ^= state >> 7U;
    state ^= state << 17U;
    text += fmt::format("{} {} ", kWords[state % kWords.size()], state % 9973);
  }
  text.resize(size);
  return text;
}

/// Waits while the client's own queue is full.
void send(rd_kafka_t* handle, rd_kafka_topic_t* topic, std::int32_t partition, std::string& text,
          std::int64_t own, std::int64_t due) {
  std::memcpy(text.data(), &own, sizeof own);
  while (rd_kafka_produce(topic, partition, RD_KAFKA_MSG_F_COPY, text.data(), text.size(), nullptr,
                          0, reinterpret_cast<void*>(static_cast<std::intptr_t>(due))) != 0) {
    if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
      throw std::runtime_error(rd_kafka_err2str(rd_kafka_last_error()));
    rd_kafka_poll(handle, 10);
  }
}

void finish(rd_kafka_t* handle, std::uint64_t sent, const Acknowledged& acknowledged) {
  rd_kafka_flush(handle, kFlushMs);
  if (acknowledged.good != sent)
    throw std::runtime_error(fmt::format("{} of {} messages were acknowledged; {}",
                                         acknowledged.good, sent, acknowledged.firstWrong));
}

void produce(const std::vector<std::string>& arguments) {
  const int partitions = std::stoi(arguments.at(2));
  const auto count = std::stoull(arguments.at(3));
  std::string text = textOf(std::stoul(arguments.at(4)));
  Acknowledged acknowledged;
  const Handle handle =
      producer(arguments[0], arguments.at(5), arguments.at(6), arguments.at(7), acknowledged);
  const Topic topic(rd_kafka_topic_new(handle.get(), arguments[1].c_str(), nullptr));
  const auto began = Clock::now();
  for (std::uint64_t i = 0; i < count; ++i) {
    send(handle.get(), topic.get(), static_cast<std::int32_t>(i) % partitions, text,
         static_cast<std::int64_t>(i), 0);
    if (i % 1000 == 0) rd_kafka_poll(handle.get(), 0);
  }
  finish(handle.get(), count, acknowledged);
  fmt::print("{{\"seconds\":{:.6f}}}\n", secondsSince(began));
}

/// Hands each message to `see`, until it says that it has enough. `atOnce`: how many librdkafka
/// gathers before it hands them over, for a tenth of a second at most.
template <typename See>
void readAll(const Handle& handle, std::size_t atOnce, See see) {
  const Queue queue(rd_kafka_queue_get_consumer(handle.get()));
  std::vector<rd_kafka_message_t*> messages(atOnce);
  for (auto last = Clock::now(); Clock::now() - last < kPatience;) {
    const auto got =
        rd_kafka_consume_batch_queue(queue.get(), 100, messages.data(), messages.size());
    bool enough = false;
    for (std::size_t i = 0; i < static_cast<std::size_t>(std::max<ssize_t>(got, 0)); ++i) {
      if (messages[i]->err == RD_KAFKA_RESP_ERR_NO_ERROR) enough = see(*messages[i]) || enough;
      rd_kafka_message_destroy(messages[i]);
      last = Clock::now();
    }
    if (enough) return;
  }
  throw std::runtime_error("no message came for two minutes");
}

std::int64_t ownOf(const rd_kafka_message_t& message) {
  std::int64_t own = 0;
  if (message.len >= sizeof own) std::memcpy(&own, message.payload, sizeof own);
  return own;
}

void consume(const std::vector<std::string>& arguments) {
  const auto count = std::stoull(arguments.at(3));
  const std::string text = textOf(std::stoul(arguments.at(4)));
  std::uint64_t seen = 0;
  std::uint64_t sum = 0;
  std::uint64_t wrong = 0;
  const auto began = Clock::now();
  const Handle handle = consumer(arguments[0], arguments[1], std::stoi(arguments[2]));
  readAll(handle, kAtOnce, [&](const rd_kafka_message_t& message) {
    sum += static_cast<std::uint64_t>(ownOf(message));
    const bool same =
        message.len == text.size() && std::memcmp(static_cast<const char*>(message.payload) + 8,
                                                  text.data() + 8, text.size() - 8) == 0;
    if (!same) ++wrong;
    return ++seen >= count;
  });
  const double seconds = secondsSince(began);
  if (seen != count || sum != count * (count - 1) / 2 || wrong > 0)
    throw std::runtime_error(
        fmt::format("{} messages of {}, {} of them wrong", seen, count, wrong));
  fmt::print("{{\"seconds\":{:.6f}}}\n", seconds);
}

/// "\"NAME\":{…}" in microseconds.
std::string percentiles(const char* name, std::vector<std::int64_t>& taken) {
  std::sort(taken.begin(), taken.end());
  const auto at = [&](double part) {
    const auto index = static_cast<std::size_t>(part * static_cast<double>(taken.size()));
    return taken[std::min(index, taken.size() - 1)] / 1000;
  };
  return fmt::format("\"{}\":{{\"count\":{},\"p50\":{},\"p99\":{},\"p999\":{},\"max\":{}}}", name,
                     taken.size(), at(0.5), at(0.99), at(0.999), taken.back() / 1000);
}

void latency(const std::vector<std::string>& arguments) {
  const auto rate = std::stoll(arguments.at(2));
  const auto count = rate * std::stoll(arguments.at(3));
  const auto warm = rate;  // what is sent in the first second does not count
  std::string text = textOf(std::stoul(arguments.at(4)));
  std::vector<std::int64_t> acks;
  std::vector<std::int64_t> ends;
  acks.reserve(static_cast<std::size_t>(count));
  ends.reserve(static_cast<std::size_t>(count));
  Acknowledged acknowledged;
  acknowledged.taken = &acks;
  const Handle handle =
      producer(arguments[0], arguments.at(5), "none", arguments.at(6), acknowledged);
  const Topic topic(rd_kafka_topic_new(handle.get(), arguments[1].c_str(), nullptr));
  const Handle reader = consumer(arguments[0], arguments[1], 1);
  std::string readingFailed;
  std::int64_t seen = 0;
  std::jthread reading([&] {
    try {
      readAll(reader, 1, [&](const rd_kafka_message_t& message) {
        const std::int64_t due = ownOf(message);
        if (due != 0) ends.push_back(nowNs() - due);
        return ++seen >= warm + count;
      });
    } catch (const std::exception& wrong) {
      readingFailed = wrong.what();
    }
  });
  const std::int64_t began = nowNs();
  for (std::int64_t i = 0; i < warm + count; ++i) {
    const std::int64_t due = began + i * 1'000'000'000 / rate;
    if (const std::int64_t left = due - nowNs(); left > 0) {
      rd_kafka_poll(handle.get(), 0);
      std::this_thread::sleep_until(Clock::time_point(std::chrono::nanoseconds(due)));
    }
    const std::int64_t own = i < warm ? 0 : due;
    send(handle.get(), topic.get(), 0, text, own, own);
  }
  finish(handle.get(), static_cast<std::uint64_t>(warm + count), acknowledged);
  reading.join();
  if (!readingFailed.empty()) throw std::runtime_error(readingFailed);
  if (ends.size() != static_cast<std::size_t>(count) || acks.size() != ends.size())
    throw std::runtime_error("not every message came once");
  fmt::print("{{{},{}}}\n", percentiles("end_us", ends), percentiles("ack_us", acks));
}

void mock(const std::vector<std::string>& arguments) {
  const Handle handle =
      open(RD_KAFKA_PRODUCER, {{"log_level", "3"}});  // it has no cluster, and says so
  rd_kafka_mock_cluster_t* const cluster = rd_kafka_mock_cluster_new(handle.get(), 1);
  rd_kafka_mock_topic_create(cluster, arguments.at(0).c_str(), std::stoi(arguments.at(1)), 1);
  fmt::print("{{\"address\":\"{}\"}}\n", rd_kafka_mock_cluster_bootstraps(cluster));
  std::fflush(stdout);
  std::getchar();  // until whoever started it goes
  rd_kafka_mock_cluster_destroy(cluster);
}

}  // namespace

int main(int count, char** values) {
  try {
    std::vector<std::string> arguments(values + 1, values + count);
    const std::string verb = arguments.empty() ? "" : arguments.front();
    if (!arguments.empty()) arguments.erase(arguments.begin());
    if (verb == "produce")
      produce(arguments);
    else if (verb == "consume")
      consume(arguments);
    else if (verb == "latency")
      latency(arguments);
    else if (verb == "mock")
      mock(arguments);
    else
      throw std::runtime_error("say produce, consume, latency or mock, as its source tells");
    return 0;
  } catch (const std::exception& wrong) {
    fmt::print(stderr, "log_load: {}\n", wrong.what());
    return 1;
  }
}

// SPDX-License-Identifier: Apache-2.0
// One socket: the order of answers, clients that do not read, and sizes that nobody sends.
#include "log-backend/broker/connection.h"

#include "engine/base/fault_file_system.h"
#include "engine/base/posix_file_system.h"
#include "engine/base/random.h"
#include "tests/log-backend/broker/wire_bytes.h"

#include <asio/read.hpp>
#include <asio/write.hpp>

#include <QTemporaryDir>
#include <QTest>
#include <atomic>
#include <future>
#include <mutex>
#include <thread>

using namespace broker_test;
using namespace millrace;
using namespace millrace::log;
using Tcp = asio::ip::tcp;

namespace {

std::vector<std::byte> framed(const Bytes& request) {
  Bytes size;
  size.i32(static_cast<std::int64_t>(request.get().size())).raw(request.get());
  return size.get();
}

/// A request whose answer is to be told from others by its number.
Bytes numbered(int number) {
  Bytes bytes;
  bytes.i16(18).i16(0).i32(number).i16(-1);
  return bytes;
}

/// Answers with records of a file: two parts, bytes of the frame around them.
struct FileAnswer {
  std::vector<std::byte> content = std::vector<std::byte>((8U << 20U) + 5);
  std::shared_ptr<File> file;

  FileAnswer(FileSystem& files, const std::string& path) {
    Random random(7);
    for (std::byte& each : content) each = static_cast<std::byte>(random.below(256));
    file = files.open(path, OpenMode::kCreateNew).value();
    if (!file->writeAt(0, content).ok()) qFatal("the file is not written");
  }
  std::vector<FilePart> parts() const {
    return {{0, file, 3, 70'000}, {0, file, 100, content.size() - 100}};
  }
  wire::FetchResponse response(bool elsewhere) const {
    wire::FetchResponse made;
    auto& topic = made.responses.emplace_back();
    topic.topic = "flights";
    for (const FilePart& part : parts()) {
      const ByteView here = ByteView(content).subspan(part.position, part.length);
      topic.partitions.emplace_back().records =
          elsewhere ? wire::Records::elsewhere(here.size()) : wire::Records(here);
    }
    return made;
  }
};

/// A fetch of version 11 whose answer is to be told from others by its number.
Bytes fetchNumbered(int number) {
  Bytes bytes;
  bytes.i16(1).i16(11).i32(number).i16(-1);
  return bytes;
}

}  // namespace

class ConnectionTest : public QObject {
  Q_OBJECT
  asio::io_context io_;
  std::unique_ptr<Tcp::socket> client_;
  ConnectionOptions options_;
  std::chrono::milliseconds idle_{std::chrono::minutes(10)};
  std::vector<std::jthread> threads_;
  std::atomic<int> closed_{0};
  std::atomic<std::ptrdiff_t> underWay_{0};

  /// Connected, and served by two threads.
  void open() {
    options_.mostRequestBytes = 1 << 20;
    options_.idle = idle_;
    options_.onNotice = [](const std::string&) {};
    options_.onClosed = [this] { ++closed_; };
    options_.onUnderWay = [this](std::ptrdiff_t by) { underWay_ += by; };
    Tcp::acceptor acceptor(io_, Tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    client_ = std::make_unique<Tcp::socket>(io_);
    client_->connect(acceptor.local_endpoint());
    std::make_shared<Connection>(acceptor.accept(), options_)->start();
    for (int i = 0; i < 2; ++i) threads_.emplace_back([this] { io_.run(); });
  }
  void sendAll(int count) {
    std::vector<std::byte> bytes;
    for (int i = 0; i < count; ++i) {
      const auto one = framed(numbered(i));
      bytes.insert(bytes.end(), one.begin(), one.end());
    }
    asio::write(*client_, asio::buffer(bytes));
  }
  /// The number of the next answer; -1 at the end.
  std::int64_t nextAnswer() {
    std::vector<std::byte> size(4);
    asio::error_code error;
    asio::read(*client_, asio::buffer(size), error);
    if (error) return -1;
    std::vector<std::byte> frame(static_cast<std::size_t>(Reader(size).i32()));
    asio::read(*client_, asio::buffer(frame), error);
    return error ? -1 : Reader(frame).i32();
  }

 private slots:
  void cleanup() {
    asio::error_code ignored;
    if (client_ != nullptr) client_->close(ignored);
    threads_.clear();  // the connection ends with its client, and the context with its work
    client_.reset();
    io_.restart();
    idle_ = std::chrono::minutes(10);
    QCOMPARE(closed_.exchange(0), 1);
    QCOMPARE(underWay_.load(), 0);
  }

  void answersComeInTheOrderOfTheirRequestsWhoeverIsFirst() {
    std::mutex mutex;
    std::vector<ExchangePointer> held;
    options_.begin = [&](const ExchangePointer& exchange) {
      const std::lock_guard lock(mutex);
      held.push_back(exchange);
      if (held.size() < 20) return;
      // The last first.
      for (auto at = held.rbegin(); at != held.rend(); ++at)
        (*at)->answer(wire::ApiVersionsResponse{});
      held.clear();
    };
    open();
    sendAll(20);
    for (int i = 0; i < 20; ++i) QCOMPARE(nextAnswer(), i);
  }

  void aClientThatDoesNotReadIsNotServedFurther() {
    constexpr std::size_t kAnswer = 1 << 20;
    constexpr int kRequests = 60;
    std::atomic<int> begun{0};
    std::atomic<std::ptrdiff_t> most{0};
    options_.begin = [&](const ExchangePointer& exchange) {
      ++begun;
      most = std::max(most.load(), underWay_.load());
      wire::ApiVersionsResponse large;
      large.apiKeys.resize(kAnswer / 6);
      exchange->answer(large);
    };
    open();
    sendAll(kRequests);
    for (int i = 0; i < kRequests; ++i) QCOMPARE(nextAnswer(), i);
    QCOMPARE(begun.load(), kRequests);
    QVERIFY2(most.load() <= static_cast<std::ptrdiff_t>(Connection::kMostAnswerBytes / kAnswer) + 3,
             qPrintable(QString::number(most.load())));
  }

  void partsOfFilesStandBetweenTheBytesOfTheirFrames_data() {
    QTest::addColumn<bool>("onDisk");
    QTest::newRow("sent by the system") << true;
    QTest::newRow("copied") << false;
  }
  void partsOfFilesStandBetweenTheBytesOfTheirFrames() {
    QFETCH(bool, onDisk);
    QTemporaryDir folder;
    MemoryFileSystem memory{1};
    const auto disk = makePosixFileSystem();
    const FileAnswer answer(onDisk ? *disk : static_cast<FileSystem&>(memory),
                            onDisk ? folder.filePath("records").toStdString() : "records");
    options_.begin = [&](const ExchangePointer& exchange) {
      exchange->answer(answer.response(true), answer.parts());
    };
    open();
    constexpr int kRequests = 3;
    for (int i = 0; i < kRequests; ++i)
      asio::write(*client_, asio::buffer(framed(fetchNumbered(i))));
    QTest::qWait(200);  // far more waits than the socket takes before somebody reads
    for (int i = 0; i < kRequests; ++i) {
      const auto expected = wire::makeResponse(answer.response(false), 11, i).bytes;
      std::vector<std::byte> got(expected.size());
      asio::read(*client_, asio::buffer(got));
      QVERIFY(got == expected);
    }
  }

  void aClientThatGoesAwayInTheMiddleOfAFileHarmsNobody() {
    QTemporaryDir folder;
    const FileAnswer answer(*makePosixFileSystem(), folder.filePath("records").toStdString());
    options_.begin = [&](const ExchangePointer& exchange) {
      exchange->answer(answer.response(true), answer.parts());
    };
    open();
    asio::write(*client_, asio::buffer(framed(fetchNumbered(0))));
    std::vector<std::byte> some(100'000);
    asio::read(*client_, asio::buffer(some));
    // With bytes unread the other side gets a reset, and its next send a broken pipe.
    client_->close();
    QTRY_COMPARE(closed_.load(), 1);
  }

  void aFileThatBecameShorterEndsTheConnection() {
    QTemporaryDir folder;
    const FileAnswer answer(*makePosixFileSystem(), folder.filePath("records").toStdString());
    QVERIFY(answer.file->truncate(200'000).ok());
    std::atomic<int> notices{0};
    options_.begin = [&](const ExchangePointer& exchange) {
      exchange->answer(answer.response(true), answer.parts());
    };
    open();
    options_.onNotice = [&](const std::string& words) {
      if (words.find("records could not be sent") != std::string::npos) ++notices;
    };
    asio::write(*client_, asio::buffer(framed(fetchNumbered(0))));
    QCOMPARE(nextAnswer(), -1);
    QTRY_COMPARE(notices.load(), 1);
  }

  void whoAnnouncesTooMuchIsClosedAndNobodyMakesRoomForIt() {
    options_.begin = [](const ExchangePointer&) {};
    open();
    asio::write(*client_, asio::buffer(Bytes().i32(0x7fffffff).get()));
    QCOMPARE(nextAnswer(), -1);
  }

  void whoIsSilentForTooLongIsClosedAndWhoWaitsForAnAnswerIsNot() {
    std::promise<ExchangePointer> begun;
    options_.begin = [&](const ExchangePointer& exchange) { begun.set_value(exchange); };
    idle_ = std::chrono::milliseconds(20);
    open();
    sendAll(1);
    ExchangePointer held = begun.get_future().get();
    std::this_thread::sleep_for(10 * idle_);  // however long: it is not silent, it waits
    held->answer(wire::ApiVersionsResponse{});
    held.reset();
    QCOMPARE(nextAnswer(), 0);
    QCOMPARE(nextAnswer(), -1);
  }

  void anAnswerThatComesAfterTheClientWentIsForNobody() {
    ExchangePointer held;
    std::atomic<bool> begun{false};
    options_.begin = [&](const ExchangePointer& exchange) {
      held = exchange;
      begun = true;
      begun.notify_one();
    };
    open();
    sendAll(1);
    begun.wait(false);
    client_->close();
    threads_.clear();
    held->answer(wire::ApiVersionsResponse{});
    held.reset();
    QCOMPARE(closed_.load(), 1);
  }
};

QTEST_GUILESS_MAIN(ConnectionTest)
#include "connection_test.moc"

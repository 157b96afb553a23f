// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/generated_life.h"

#include "engine/base/crc32c.h"
#include "engine/flow/elements.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::tests {
namespace {

// What queues may hold: a loop that grows is left alone beyond it.
constexpr std::uint64_t kTooMany = 500;
constexpr std::uint64_t kTooMuch = 4 << 20;
constexpr std::uint64_t kRoom = 512ULL << 20;

Result<> write(FileSystem& files, const std::string& path, OpenMode mode, std::string_view text) {
  auto file = MR_TRY(files.open(path, mode));
  const std::uint64_t at = mode == OpenMode::kTruncate ? 0 : MR_TRY(file->size());
  MR_TRY(file->writeAt(at, asBytes(text)));
  return file->sync();
}

}  // namespace

GeneratedLife::GeneratedLife(std::uint64_t seed, Coverage& coverage, PlantedFault planted)
    : seed_(seed),
      planted_(planted),
      random_(mix64(seed)),
      generator_(mix64(seed + 1), seed),
      witness_(clock_, coverage, mix64(seed + 2),
               seed % 3 == 0 ? TriggerWitness::Troubles{40, 60} : TriggerWitness::Troubles{}),
      files_(std::make_unique<MemoryFileSystem>(seed)) {}

GeneratedLife::~GeneratedLife() = default;

Result<> GeneratedLife::layFiles() {
  for (const char* folder : {"in", "logs", "out", "tables"})
    MR_TRY(files_->createDirectories(folder));
  MR_TRY(write(*files_, "tables/table.csv", OpenMode::kTruncate,
               "key,value\n1,Paris\n2,Berlin\n3,\n"));
  MR_TRY(write(*files_, "in/one.json", OpenMode::kTruncate, "{\"a\": [1, 2, 3]}"));
  MR_TRY(files_->createDirectories("/proc/net"));
  for (const auto& [name, text] :
       {std::pair{"/proc/loadavg", "0.50 0.25 0.10 1/99 1234\n"},
        std::pair{"/proc/uptime", "100.00 180.00\n"},
        std::pair{"/proc/stat", "cpu  10 0 5 85 0 0 0 0 0 0\n"},
        std::pair{"/proc/meminfo", "MemTotal: 1000 kB\n"}, std::pair{"/proc/diskstats", ""},
        std::pair{"/proc/net/dev", ""}})
    MR_TRY(write(*files_, name, OpenMode::kTruncate, text));
  MR_TRY(addFiles());
  for (const char* folder : {"in", "logs", "out", "tables", "/proc/net", "/proc", "/", "."})
    MR_TRY(files_->syncDirectory(folder));
  return Done{};
}

Result<> GeneratedLife::addFiles() {
  for (std::uint64_t i = 1 + random_.below(4); i > 0; --i) {
    ++filesMade_;
    const std::string text(random_.below(3) * 3'000 + 1, static_cast<char>('a' + filesMade_ % 26));
    MR_TRY(write(*files_, fmt::format("in/file{}.txt", filesMade_), OpenMode::kTruncate, text));
    for (const char* log : {"logs/a.log", "logs/b.log"}) {
      MR_TRY(write(*files_, log, OpenMode::kCreate,
                   fmt::format("line {} of the log\nand one more\n", filesMade_)));
    }
  }
  return Done{};
}

Result<> GeneratedLife::catchUp(const repo::DiskStore& store, Lsn upTo) {
  MR_TRY(ledger_.readUpTo(store.journal(), upTo));
  for (auto at = expected_.begin(); at != expected_.end();) {
    if (ledger_.at() < at->by) {
      ++at;
      continue;
    }
    if (!ledger_.knows(at->flowFile)) {
      return Error::bug(fmt::format("a processor made FlowFile {}, but no commit up to {} knows it",
                                    at->flowFile.raw(), at->by.raw()));
    }
    at = expected_.erase(at);
  }
  return Done{};
}

Result<> GeneratedLife::open() {
  EngineBenchOptions options;
  options.findType = TriggerWitness::find;
  options.processes = &processes_;
  options.plantedForTests = planted_;
  options.beforeMaintenance = [this](repo::DiskStore& store) {
    return catchUp(store, store.commits().durable());
  };
  for (int attempt = 0;; ++attempt) {
    bench_ = std::make_unique<EngineBench>(*files_, clock_, random_.next(), options);
    const auto opened = bench_->open(yaml_);
    if (bench_->isOpen()) break;
    if (files_->powered() || attempt > 3) return opened;
    MR_TRY(die(MemoryFileSystem::Crash::kPower));
  }
  // What recovery found must be what the journal says, FlowFile by FlowFile.
  repo::DiskStore& store = bench_->store();
  if (store.commits().last() < ledger_.at()) {
    return Error::bug(fmt::format("commit {} was durable, but recovery ends at {}",
                                  ledger_.at().raw(), store.commits().last().raw()));
  }
  return compareQueues();
}

std::uint64_t GeneratedLife::failures() const {
  std::uint64_t sum = 0;
  for (const auto& component : bench_->controller().components()) sum += component.failures;
  return sum;
}

std::uint64_t GeneratedLife::queued() const {
  std::uint64_t sum = 0;
  for (const auto& connection : bench_->controller().connections()) sum += connection.queue.count;
  return sum;
}

bool GeneratedLife::isOverfull() const {
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
  for (const auto& connection : bench_->controller().connections()) {
    count += connection.queue.count;
    bytes += connection.queue.bytes;
  }
  return count > kTooMany || bytes > kTooMuch;
}

bool GeneratedLife::isRetried(ComponentId component) const {
  bool retried = false;
  flow::forEachElement(generator_.flow(), [&](flow::ElementKind kind, const std::string& path,
                                              const flow::Element& element, const flow::Group&) {
    if (kind != flow::ElementKind::kProcessor || component.raw() == 0) return;
    for (const auto& known : bench_->controller().components()) {
      if (known.id == component && known.path == path) {
        retried = !static_cast<const flow::Processor&>(element).retry.relationships.empty();
      }
    }
  });
  return retried;
}

/// What processors made must be in the commits so far, unless something failed meanwhile (it may be
/// that which was undone) or the engine takes it back to try again.
Result<> GeneratedLife::noteMade(std::uint64_t failuresBefore) {
  const std::vector<TriggerWitness::Made> made = witness_.takeMade();
  if (made.empty() || failures() != failuresBefore) return Done{};
  ComponentId last;
  bool skip = false;
  for (const TriggerWitness::Made& one : made) {
    if (one.component != last) {
      last = one.component;
      skip = isRetried(last);
    }
    if (!skip) expected_.push_back({one.flowFile, bench_->store().commits().last()});
  }
  return Done{};
}

Result<GeneratedLife::End> GeneratedLife::steps(std::uint64_t count) {
  for (std::uint64_t i = 0; i < count && !isOverfull(); ++i) {
    const std::uint64_t before = failures();
    const auto stepped = bench_->step();
    MR_TRY(noteMade(before));
    if (!stepped.ok()) {
      if (bench_->store().commits().failed() || !files_->powered()) return End::kDied;
      if (!faulty_) return stepped.error();
      continue;
    }
    if (!*stepped) break;
  }
  return files_->powered() ? End::kRunning : End::kDied;
}

/// The process or the power is gone; the files are as the next start finds them.
Result<> GeneratedLife::die(MemoryFileSystem::Crash kind) {
  if (bench_ != nullptr && bench_->isOpen() && queued() > 0) ++summary_.crashesWithQueues;
  bench_.reset();
  witness_.takeMade();
  expected_.clear();
  files_ = files_->crash(kind);
  faulty_ = false;
  return Done{};
}

/// Everything submitted becomes durable; false when the store has failed.
Result<> GeneratedLife::settleDisk() {
  while (MR_TRY(bench_->store().commits().runOnce())) {
  }
  return Done{};
}

Result<> GeneratedLife::compareQueues() {
  MR_TRY(settleDisk());
  MR_TRY(catchUp(bench_->store(), bench_->store().commits().last()));
  std::map<ConnectionId, std::pair<std::uint64_t, std::uint64_t>> books;
  for (const auto& [connection, queue] : ledger_.queues()) {
    if (queue.empty()) continue;
    auto& [count, bytes] = books[connection];
    count = queue.size();
    for (const auto& [key, file] : queue) bytes += file.size();
  }
  for (const auto& connection : bench_->controller().connections()) {
    const auto expected = books[connection.id];
    if (expected.first != connection.queue.count || expected.second != connection.queue.bytes) {
      return Error::bug(fmt::format(
          "{} holds {} FlowFiles of {} bytes, but the journal says {} of {}", connection.path,
          connection.queue.count, connection.queue.bytes, expected.first, expected.second));
    }
    books.erase(connection.id);
  }
  for (const auto& [connection, expected] : books) {
    if (expected.first > 0) {
      return Error::bug(
          fmt::format("the journal has {} FlowFiles in connection {:x}, which is gone",
                      expected.first, connection.raw()));
    }
  }
  return Done{};
}

Result<> GeneratedLife::act(Act act) {
  ++summary_.acts[static_cast<std::size_t>(act)];
  switch (act) {
    case Act::kEdit: {
      MR_TRY(generator_.change());
      yaml_ = generator_.yaml();
      const auto edited = bench_->edit(yaml_);
      const bool refused =
          !edited.ok() && edited.error().message.find("cannot start") == std::string::npos;
      return refused ? edited : Done{};
    }
    case Act::kRestart: {
      MR_TRY(compareQueues());
      const auto closed = bench_->close();
      if (!closed.ok()) return closed;
      bench_.reset();
      files_ = files_->crash(MemoryFileSystem::Crash::kProcess);
      return open();
    }
    case Act::kCrash:
      MR_TRY(die(MemoryFileSystem::Crash::kProcess));
      return open();
    case Act::kPowerLoss:
      files_->cutPowerAt(1 + random_.below(60));
      return Done{};
    case Act::kWriteFault: {
      constexpr std::array<const char*, 4> kParts{"data/content", "out", "in", "data/journal"};
      faulty_ = true;
      files_->fail(MemoryFileSystem::Operation::kWrite, 1 + random_.below(10),
                   MemoryFileSystem::Times::kOnce, kParts[random_.below(kParts.size())]);
      return Done{};
    }
    case Act::kSyncFault:
      faulty_ = true;
      files_->fail(MemoryFileSystem::Operation::kSync, 1 + random_.below(20),
                   MemoryFileSystem::Times::kOnce, random_.oneIn(2) ? "data" : "out");
      return Done{};
    case Act::kFullDisk: {
      faulty_ = true;
      const std::uint64_t used = kRoom - MR_TRY(files_->freeBytes("data"));
      files_->setCapacity(used + random_.below(64) * 1024);
      return Done{};
    }
    case Act::kClockJump:
      if (random_.oneIn(2)) {
        clock_.advance(static_cast<Nanos>(1 + random_.below(3600)) * kSecond);
      } else {
        constexpr Millis kDay = 24 * 3600 * 1000;
        clock_.stepWall(random_.oneIn(2) ? kDay : -kDay);
      }
      return Done{};
    case Act::kNewFiles: {
      const auto added = addFiles();
      return added.ok() || faulty_ || !files_->powered() ? Done{} : added;
    }
  }
  return Done{};
}

/// After a clean stop: every queued FlowFile is in the store as the journal says, and its content
/// can be read and has its checksum.
Result<> GeneratedLife::checkAtRest() {
  auto store = MR_TRY(repo::DiskStore::open(*files_, "data", clock_, random_, {}));
  const repo::StoreImage image = store->takeImage();
  std::uint64_t seen = 0;
  std::optional<Error> wrong;
  for (const auto& [connection, queue] : ledger_.queues()) {
    const auto read = image.forEachFlowFile(connection, [&](const FlowFile& file) {
      ++seen;
      const auto known = queue.find(file.key);
      if (known == queue.end() || known->second.id != file.id) {
        wrong = Error::bug(
            fmt::format("the store has FlowFile {} where the journal does not", file.id.raw()));
        return;
      }
      const Content& content = file.content;
      std::uint32_t crc = 0;
      std::uint32_t wanted = content.crc;
      if (content.kind == Content::Kind::kInline) crc = crc32c(content.inlineBytes());
      if (content.kind == Content::Kind::kStored) {
        std::vector<std::byte> bytes(content.claim.length);
        const auto got = store->content().read(content.claim, 0, bytes);
        if (!got.ok() || *got != bytes.size()) {
          wrong = Error::bug(fmt::format("the content of FlowFile {} cannot be read: {}",
                                         file.id.raw(), got.ok() ? "" : got.error().message));
          return;
        }
        crc = crc32c(bytes);
        wanted = content.claim.crc;
      }
      if (content.kind != Content::Kind::kEmpty && crc != wanted)
        wrong = Error::bug(
            fmt::format("the content of FlowFile {} is not what was written", file.id.raw()));
    });
    if (!read.ok()) return read.error();
  }
  if (wrong) return *wrong;
  if (seen != ledger_.queued() || seen != image.count()) {
    return Error::bug(fmt::format("the store has {} FlowFiles ({} in known queues), the journal {}",
                                  image.count(), seen, ledger_.queued()));
  }
  return Done{};
}

Result<GeneratedLife::Summary> GeneratedLife::run() {
  files_->setCapacity(kRoom);
  MR_TRY(layFiles());
  MR_TRY(generator_.make());
  yaml_ = generator_.yaml();
  MR_TRY(open());
  const std::uint64_t acts = 3 + random_.below(8);
  for (std::uint64_t i = 0; i < acts; ++i) {
    End end = MR_TRY(steps(20 + random_.below(120)));
    if (end == End::kRunning) {
      // The first acts are gentle, so that there is something to lose.
      const auto chosen = static_cast<Act>(random_.below(kActs));
      const auto acted = act(chosen);
      if (!acted.ok() && !(faulty_ && bench_->store().commits().failed()) && files_->powered())
        return acted.error();
      end = MR_TRY(steps(20 + random_.below(80)));
      files_->clearFaults();
      files_->setCapacity(kRoom);
      faulty_ = false;
    }
    if (end == End::kDied || bench_->store().commits().failed()) {
      MR_TRY(die(files_->powered() && random_.oneIn(2) ? MemoryFileSystem::Crash::kProcess
                                                       : MemoryFileSystem::Crash::kPower));
      files_->setCapacity(kRoom);
      MR_TRY(open());
    }
    const auto compared = compareQueues();
    if (compared.ok()) continue;
    if (files_->powered()) return compared.error();
    MR_TRY(die(MemoryFileSystem::Crash::kPower));
    files_->setCapacity(kRoom);
    MR_TRY(open());
  }
  MR_TRY(steps(200));
  MR_TRY(compareQueues());
  MR_TRY(bench_->close());
  bench_.reset();
  files_ = files_->crash(MemoryFileSystem::Crash::kProcess);
  MR_TRY(checkAtRest());
  summary_.totals = ledger_.totals();
  summary_.queued = ledger_.queued();
  summary_.history = ledger_.history();
  summary_.thrown = witness_.thrown();
  summary_.leaked = witness_.leaked();
  return summary_;
}

}  // namespace millrace::tests

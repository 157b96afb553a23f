// SPDX-License-Identifier: Apache-2.0
// Plays a fuzz target without libFuzzer: every file of the folders that are named, and mutations of
// them. Usage: TARGET FOLDER… A crash is the failure; the input that caused it is in ./crash-input.
// MILLRACE_ROUNDS scales the number of mutations: 1 is 5,000; a tenth is the default.
// MILLRACE_SEED sets the first seed.
#include "engine/base/random.h"
#include "tests/fuzz/fuzz_input.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

namespace {

constexpr double kMutations = 5000;
constexpr std::size_t kLongest = 64 * 1024;

std::string current;

/// Only what a signal handler may: the input is written with what is already open.
void keepInput(int signal) {
  if (std::FILE* file = std::fopen("crash-input", "wb")) {
    std::fwrite(current.data(), 1, current.size(), file);
    std::fclose(file);
  }
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

std::vector<std::string> seedsIn(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.file_size() <= kLongest) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> seeds;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return seeds;
}

void mutate(std::string& text, const std::vector<std::string>& seeds, millrace::Random& random) {
  const std::size_t at = random.below(text.size() + 1);
  const std::size_t length = std::min<std::size_t>(random.below(32), text.size() - at);
  switch (random.below(8)) {
    case 0:
      text.erase(at, length);
      break;
    case 1:
      text.insert(at, text.substr(random.below(text.size() + 1), length));
      break;
    case 2:
      text.insert(at, 1, static_cast<char>(random.below(256)));
      break;
    case 3:
      if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << random.below(8)));
      break;
    case 4: {  // a number that is seldom thought of
      constexpr const char* kNumbers[] = {"-1", "0", "2147483648", "9223372036854775808", "1e999"};
      text.insert(at, kNumbers[random.below(std::size(kNumbers))]);
      break;
    }
    case 5: {  // a piece of another seed
      const std::string& other = seeds[random.below(seeds.size())];
      const std::size_t from = random.below(other.size() + 1);
      text.insert(at, other.substr(from, random.below(64)));
      break;
    }
    case 6:  // deeper and deeper
      for (std::uint64_t times = random.below(8); times > 0 && text.size() < kLongest; --times)
        text.insert(at, text.substr(at, length));
      break;
    default:
      if (random.oneIn(8)) text.resize(at);
      break;
  }
}

void play(const std::string& input) {
  current = input;
  // A copy of exactly this size, so that a sanitizer sees the first byte too far.
  const std::vector<std::uint8_t> bytes(input.begin(), input.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

std::uint64_t numberFrom(const char* variable, double whole, double otherwise) {
  const char* const text = std::getenv(variable);
  const double factor = text == nullptr ? otherwise : std::strtod(text, nullptr);
  return static_cast<std::uint64_t>(std::max(1.0, whole * factor));
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> seeds;
  for (int i = 1; i < argc; ++i) {
    const auto found = seedsIn(argv[i]);
    seeds.insert(seeds.end(), found.begin(), found.end());
  }
  if (seeds.empty()) {
    std::cerr << "there are no seeds; name a folder that has some\n";
    return 2;
  }
  for (const int signal : {SIGABRT, SIGSEGV, SIGFPE, SIGILL, SIGBUS})
    std::signal(signal, keepInput);
  for (const std::string& seed : seeds) play(seed);
  const std::uint64_t mutations = numberFrom("MILLRACE_ROUNDS", kMutations, 0.1);
  const std::uint64_t first = numberFrom("MILLRACE_SEED", 1, 1);
  for (std::uint64_t seed = first; seed < first + mutations; ++seed) {
    millrace::Random random(seed);
    std::string input = seeds[random.below(seeds.size())];
    for (std::uint64_t changes = 1 + random.below(6); changes > 0; --changes)
      mutate(input, seeds, random);
    if (input.size() > kLongest) input.resize(kLongest);
    play(input);
  }
  std::cout << seeds.size() << " seeds, " << mutations << " mutations\n";
  return 0;
}

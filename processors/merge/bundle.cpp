// SPDX-License-Identifier: Apache-2.0
#include "processors/merge/bundle.h"

#include "processors/formats/archive_writer.h"
#include "processors/formats/flowfile_v3.h"

#include <charconv>
#include <optional>
#include <unordered_set>

namespace millrace::processors {

namespace {

constexpr std::uint64_t kSmall = 64 * 1024;

/// Calls write(bytes) for the pieces of a content.
template <typename Write>
Result<> copyContent(ProcessSession& session, const SessionFlowFile& file, Write&& write) {
  if (file.size() == 0) return Done{};
  if (file.size() <= kSmall) {
    const ByteView bytes = MR_TRY(session.readAll(file, kSmall));
    return write(bytes);
  }
  auto reader = MR_TRY(session.read(file));
  while (true) {
    const ByteView bytes = MR_TRY(reader->next());
    if (bytes.empty()) return Done{};
    MR_TRY(write(bytes));
  }
}

/// The type that all files have; any bytes where they differ or have none.
std::string_view sharedMimeType(FlowFileList files) {
  const auto first = files.front()->attribute("mime.type");
  for (const SessionFlowFile* file : files) {
    if (file->attribute("mime.type") != first) return "application/octet-stream";
  }
  return first.value_or("application/octet-stream");
}

Result<Bundled> concatenate(ProcessSession& session, SessionFlowFile& bundle, FlowFileList files,
                            const BundleOptions& options) {
  auto writer = MR_TRY(session.write(bundle));
  MR_TRY(writer->write(options.header));
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (i > 0) MR_TRY(writer->write(options.demarcator));
    MR_TRY(copyContent(session, *files[i], [&](ByteView bytes) { return writer->write(bytes); }));
  }
  MR_TRY(writer->write(options.footer));
  MR_TRY(writer->finish());
  return Bundled{sharedMimeType(files), {}};
}

Result<Bundled> package(ProcessSession& session, SessionFlowFile& bundle, FlowFileList files,
                        PackageVersion version) {
  auto writer = MR_TRY(session.write(bundle));
  std::string header;
  for (const SessionFlowFile* file : files) {
    header.clear();
    appendPackageHeader(version, *file, file->size(), header);
    MR_TRY(writer->write(header));
    MR_TRY(copyContent(session, *file, [&](ByteView bytes) { return writer->write(bytes); }));
  }
  MR_TRY(writer->finish());
  return Bundled{
      version == PackageVersion::kV3 ? "application/flowfile-v3" : "application/flowfile-v2", {}};
}

/// `./a//b` is `a/b/`.
std::string pathOf(const SessionFlowFile& file) {
  std::string path;
  std::string_view rest = file.value("path");
  if (rest.starts_with('/')) path.push_back('/');
  bool isFirst = true;
  while (!rest.empty()) {
    const std::size_t slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
    if (part.empty()) continue;
    if (!(isFirst && part == ".")) {
      path += part;
      path.push_back('/');
    }
    isFirst = false;
  }
  return path;
}

std::uint32_t permissionsOf(const SessionFlowFile& file) {
  constexpr std::uint32_t kDefault = 0644;
  const std::string_view text = file.value("tar.permissions");
  std::uint32_t mode = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  const bool isMode = text.size() == 3 && error == std::errc{} && end == text.data() + text.size();
  return isMode ? mode : kDefault;
}

Result<Bundled> archiveFiles(ProcessSession& session, SessionFlowFile& bundle, FlowFileList files,
                             const BundleOptions& options) {
  const bool isTar = options.format == BundleFormat::kTar;
  Bundled result{isTar ? "application/tar" : "application/zip", {}};
  auto out = MR_TRY(session.write(bundle));
  auto writer = MR_TRY(ArchiveWriter::open(
      isTar ? ArchiveWriter::Format::kTar : ArchiveWriter::Format::kZip, options.level, *out));
  std::unordered_set<std::string> names;
  for (SessionFlowFile* file : files) {
    ArchiveEntry entry;
    if (options.keepsPath) entry.name = pathOf(*file);
    entry.name += file->value("filename");
    if (!isTar && !names.insert(entry.name).second) {
      result.leftOut.push_back(file);
      continue;
    }
    entry.size = file->size();
    entry.modified = options.now;
    if (isTar) {
      entry.permissions = permissionsOf(*file);
      if (options.modified) {
        entry.modified = MR_TRY(options.modified(*file)).value_or(options.now);
      }
    }
    MR_TRY(writer->begin(entry));
    MR_TRY(copyContent(session, *file, [&](ByteView bytes) { return writer->write(bytes); }));
  }
  MR_TRY(writer->finish());
  MR_TRY(out->finish());
  return result;
}

}  // namespace

Result<Bundled> writeBundle(ProcessSession& session, SessionFlowFile& bundle, FlowFileList files,
                            const BundleOptions& options) {
  switch (options.format) {
    case BundleFormat::kConcatenation:
      return concatenate(session, bundle, files, options);
    case BundleFormat::kPackageV3:
      return package(session, bundle, files, PackageVersion::kV3);
    case BundleFormat::kPackageV2:
      return package(session, bundle, files, PackageVersion::kV2);
    case BundleFormat::kTar:
    case BundleFormat::kZip:
      break;
  }
  return archiveFiles(session, bundle, files, options);
}

std::string_view extensionOf(BundleFormat format) {
  switch (format) {
    case BundleFormat::kConcatenation:
      return "";
    case BundleFormat::kPackageV3:
    case BundleFormat::kPackageV2:
      return ".pkg";
    case BundleFormat::kTar:
      return ".tar";
    case BundleFormat::kZip:
      break;
  }
  return ".zip";
}

}  // namespace millrace::processors

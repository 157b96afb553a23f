// SPDX-License-Identifier: Apache-2.0
#include "engine/base/owner_only_file.h"

namespace millrace {

Result<> replaceOwnerOnly(FileSystem& files, const std::string& path, std::string_view content) {
  constexpr std::uint32_t kOwnerOnly = 0600;
  const std::string fresh = path + ".new";
  if (files.exists(fresh)) MR_TRY(files.remove(fresh));
  {
    const auto file = MR_TRY(files.open(fresh, OpenMode::kCreate));
    MR_TRY(files.setPermissions(fresh, kOwnerOnly));
    MR_TRY(file->writeAt(0, asBytes(content)));
    MR_TRY(file->sync());
  }
  MR_TRY(files.rename(fresh, path));
  const std::size_t slash = path.rfind('/');
  return files.syncDirectory(slash == std::string::npos ? "." : path.substr(0, slash));
}

}  // namespace millrace

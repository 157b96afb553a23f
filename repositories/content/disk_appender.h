// SPDX-License-Identifier: Apache-2.0
#pragma once
// DiskAppender: one worker's way into DiskContent, with a segment that nobody else appends to.

#include "repositories/content/disk_content.h"

namespace millrace::repo {

class DiskAppender final : public ContentAppender {
 public:
  explicit DiskAppender(DiskContent& content) : content_(content) {}
  ~DiskAppender() override;
  DiskAppender(const DiskAppender&) = delete;
  DiskAppender& operator=(const DiskAppender&) = delete;

  Result<> write(ByteView bytes) override;
  Result<ContentClaim> finish() override;
  void abandon() override;
  Result<ContentClaim> adopt(const AdoptableFile& file) override;
  std::vector<std::shared_ptr<Participant>> takeParticipants() override;

 private:
  Result<> openSegment();
  Result<> flush();
  void closeSegment();
  Result<ContentClaim> adoptInto(ContentSegment& segment, const AdoptableFile& file);

  DiskContent& content_;
  // Shared with the repository and with commits that wait for its sync.
  std::shared_ptr<ContentSegment> segment_;
  std::uint64_t begin_ = 0;     ///< where the content being written begins
  std::uint64_t written_ = 0;   ///< of it, in the file
  std::uint64_t unsynced_ = 0;  ///< written since the session's last commit or sync, bytes
  std::uint32_t crc_ = 0;
  std::vector<std::byte> buffer_;
  std::vector<std::shared_ptr<Participant>> participants_;
};

}  // namespace millrace::repo

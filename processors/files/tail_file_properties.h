// SPDX-License-Identifier: Apache-2.0
#pragma once
// The properties of TailFile; their names and defaults are NiFi's, those of pieces MiNiFi's (C++).

#include "engine/processor/processor.h"

#include <array>
#include <string>
#include <string_view>

namespace millrace::processors::tail {

inline constexpr std::string_view kSingle = "Single file";
inline constexpr std::string_view kMultiple = "Multiple files";
inline constexpr std::array kModes{
    AllowedValue{kSingle, "Files to Tail is the path of one file."},
    AllowedValue{kMultiple, "Files to Tail is a regular expression for files in Base Directory."},
};
inline constexpr std::string_view kAllTime = "Beginning of Time";
inline constexpr std::string_view kFileStart = "Beginning of File";
inline constexpr std::string_view kNow = "Current Time";
inline constexpr std::array kStarts{
    AllowedValue{kAllTime, "First the files that were rolled over, oldest first, then the file."},
    AllowedValue{kFileStart, "The whole file, but nothing that was rolled over before."},
    AllowedValue{kNow, "Only what is written from now on."},
};
inline constexpr std::string_view kPerBatch = "Flow file per batch";
inline constexpr std::string_view kPerPiece = "Flow file per delimiter";
inline constexpr std::array kResults{
    AllowedValue{kPerBatch, "All complete lines that were added since the last reading."},
    AllowedValue{kPerPiece, "Each line, or whatever Input Delimiter ends, is a FlowFile."},
};
inline constexpr std::array<std::string_view, 1> kIfPieces{kPerPiece};
inline constexpr std::array<std::string_view, 1> kModeAliases{"tail-mode"};
inline constexpr std::array<std::string_view, 2> kFilesAliases{"File to Tail", "File(s) to Tail"};
inline constexpr std::array<std::string_view, 2> kBaseAliases{"tail-base-directory",
                                                              "Base directory"};
inline constexpr std::array<std::string_view, 2> kRecursiveAliases{"tailfile-recursive-lookup",
                                                                   "Recursive lookup"};
inline constexpr std::array<std::string_view, 2> kLookupAliases{"tailfile-lookup-frequency",
                                                                "Lookup frequency"};
inline constexpr std::array<std::string_view, 2> kMaxAgeAliases{"tailfile-maximum-age",
                                                                "Maximum age"};
inline constexpr std::array<std::string_view, 1> kRereadAliases{"reread-on-nul"};
inline constexpr std::array<std::string_view, 1> kIfMultiple{kMultiple};

inline constexpr Property<std::string> kMode{
    {.name = "Tailing Mode",
     .description = "Whether one file or many are followed.",
     .defaultValue = kSingle,
     .required = true,
     .allowed = kModes,
     .aliases = kModeAliases}};
inline constexpr Property<std::string> kFiles{
    {.name = "Files to Tail",
     .description = "The path of the file; in the mode Multiple files a regular expression that "
                    "the whole path below Base Directory must match.",
     .required = true,
     .scope = ExpressionScope::kEnvironment,
     .aliases = kFilesAliases}};
inline constexpr Property<std::string> kRolling{
    {.name = "Rolling Filename Pattern",
     .description = "How rolled-over files are called, with * and ?, in the folder of the file; "
                    "${filename} stands for its name without extension. Without it, what was "
                    "written between the last reading and a roll-over is not found."}};
inline constexpr Property<Duration> kAfterRollover{
    {.name = "Post-Rollover Tail Period",
     .description = "How long a rolled-over file must be unchanged before the new one is begun.",
     .defaultValue = "0 sec",
     .atLeast = 0}};
inline constexpr Property<std::string> kBase{
    {.name = "Base Directory",
     .description = "The folder in which files are looked for.",
     .scope = ExpressionScope::kEnvironment,
     .aliases = kBaseAliases,
     .dependsOn = "Tailing Mode",
     .dependsOnValues = kIfMultiple}};
inline constexpr Property<std::string> kStart{
    {.name = "Initial Start Position",
     .description = "Where to begin with a file seen first.",
     .defaultValue = kFileStart,
     .required = true,
     .allowed = kStarts}};
inline constexpr Property<bool> kRecursive{{.name = "Recursive Lookup",
                                            .description = "Whether folders below are looked into.",
                                            .defaultValue = "false",
                                            .aliases = kRecursiveAliases,
                                            .dependsOn = "Tailing Mode",
                                            .dependsOnValues = kIfMultiple}};
inline constexpr Property<Duration> kLookup{{.name = "Lookup Frequency",
                                             .description = "How often new files are looked for.",
                                             .defaultValue = "10 minutes",
                                             .aliases = kLookupAliases,
                                             .dependsOn = "Tailing Mode",
                                             .dependsOnValues = kIfMultiple,
                                             .atLeast = 0}};
inline constexpr Property<Duration> kMaxAge{
    {.name = "Maximum Age",
     .description = "Files last changed longer ago than this are not begun.",
     .defaultValue = "24 hours",
     .aliases = kMaxAgeAliases,
     .dependsOn = "Tailing Mode",
     .dependsOnValues = kIfMultiple,
     .atLeast = 0}};
inline constexpr Property<bool> kReread{
    {.name = "Reread on NUL Encountered",
     .description = "Whether a zero byte means that the bytes from there on are still to be "
                    "written, as on network file systems; they are read again later.",
     .defaultValue = "false",
     .aliases = kRereadAliases}};
inline constexpr Property<RegexText> kLineStart{
    {.name = "Line Start Pattern",
     .description = "Found in the first line of each message. Lines are then handed on only when "
                    "the next message has begun, so that a message is never split."}};
inline constexpr Property<DataSize> kMaxBuffer{
    {.name = "Max Buffer Size",
     .description = "A message that grows beyond this is handed on in parts.",
     .defaultValue = "64 KB",
     .dependsOn = "Line Start Pattern"}};
inline constexpr Property<std::string> kResult{
    {.name = "Result Mode",
     .description = "Whether what was added is one FlowFile, or each piece of it.",
     .defaultValue = kPerBatch,
     .required = true,
     .allowed = kResults}};
inline constexpr Property<std::string> kDelimiter{
    {.name = "Input Delimiter",
     .description =
         "The character that ends a piece and stays at its end; \\n, \\r, \\t and \\\\ may "
         "be written so. What nothing ends yet is waited for.",
     .defaultValue = "\\n",
     .dependsOn = "Result Mode",
     .dependsOnValues = kIfPieces}};
inline constexpr Property<std::int64_t> kBatch{
    {.name = "Batch Size",
     .description =
         "The most FlowFiles that one trigger makes; with 0, as many as there are pieces.",
     .defaultValue = "0",
     .dependsOn = "Result Mode",
     .dependsOnValues = kIfPieces,
     .atLeast = 0}};
inline constexpr std::array kProperties{
    &kMode.info,      &kFiles.info,     &kRolling.info, &kAfterRollover.info, &kBase.info,
    &kStart.info,     &kRecursive.info, &kLookup.info,  &kMaxAge.info,        &kReread.info,
    &kLineStart.info, &kMaxBuffer.info, &kResult.info,  &kDelimiter.info,     &kBatch.info};

}  // namespace millrace::processors::tail

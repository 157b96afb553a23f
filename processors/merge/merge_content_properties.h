// SPDX-License-Identifier: Apache-2.0
#pragma once
// The properties and relationships of MergeContent, which are as long as its code. For the one
// file of that processor.

#include "engine/processor/processor.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::processors::merge_content {

inline constexpr std::string_view kBinPacking = "Bin-Packing Algorithm";
inline constexpr std::string_view kDefragment = "Defragment";
inline constexpr std::string_view kConcatenation = "Binary Concatenation";
inline constexpr std::string_view kPackageV3 = "FlowFile Stream, v3";
inline constexpr std::string_view kPackageV2 = "FlowFile Stream, v2";
inline constexpr std::string_view kTar = "TAR";
inline constexpr std::string_view kZip = "ZIP";
inline constexpr std::string_view kNoDelimiters = "Do Not Use Delimiters";
inline constexpr std::string_view kUnique = "Keep All Unique Attributes";

inline constexpr std::array kStrategies{
    AllowedValue{kBinPacking, "Fills bins with FlowFiles as they come."},
    AllowedValue{kDefragment,
                 "Joins the fragments of one fragment.identifier in the order of "
                 "fragment.index, once there are fragment.count of them."}};
inline constexpr std::array kFormats{
    AllowedValue{kTar, "A tar file."}, AllowedValue{kZip, "A zip file."},
    AllowedValue{kPackageV3, "FlowFile packages with attributes, application/flowfile-v3."},
    AllowedValue{kPackageV2, "FlowFile packages with attributes, application/flowfile-v2."},
    AllowedValue{kConcatenation, "The contents one after the other."}};
inline constexpr std::array kAttributeStrategies{
    AllowedValue{"Keep Only Common Attributes", "Those that all have with the same value."},
    AllowedValue{kUnique, "Those that no two have with different values."}};
inline constexpr std::array kPlaces{
    AllowedValue{"Last in Bin", "It becomes the last of the bin that it ends."},
    AllowedValue{"First in New Bin", "The bin ends without it; it opens the next one."},
    AllowedValue{"Isolated", "The bin ends without it; it gets a bin of its own."}};
inline constexpr std::array kDelimiterStrategies{
    AllowedValue{"Filename", "Header, Footer and Demarcator name files."},
    AllowedValue{"Text", "Header, Footer and Demarcator are the texts."},
    AllowedValue{kNoDelimiters, "Nothing is put between."}};
inline constexpr std::array kLevels{AllowedValue{"0", "Stored."},
                                    AllowedValue{"1", "Fastest."},
                                    AllowedValue{"2", "Close to fastest."},
                                    AllowedValue{"3", "Less than middling."},
                                    AllowedValue{"4", "A little less than middling."},
                                    AllowedValue{"5", "Middling."},
                                    AllowedValue{"6", "What most programs do unasked."},
                                    AllowedValue{"7", "More than middling."},
                                    AllowedValue{"8", "Close to smallest."},
                                    AllowedValue{"9", "Smallest."}};

inline constexpr std::array kOnlyBinPacking{kBinPacking};
inline constexpr std::array kOnlyConcatenation{kConcatenation};
inline constexpr std::array kOnlyZip{kZip};
inline constexpr std::array kOnlyTar{kTar};
inline constexpr std::array kTarOrZip{kTar, kZip};
inline constexpr std::array<std::string_view, 2> kDelimited{"Filename", "Text"};
inline constexpr std::array<std::string_view, 1> kHeaderAliases{"Header File"};
inline constexpr std::array<std::string_view, 1> kFooterAliases{"Footer File"};
inline constexpr std::array<std::string_view, 1> kDemarcatorAliases{"Demarcator File"};
inline constexpr std::array<std::string_view, 1> kMaxBinsAliases{"Maximum number of Bins"};

inline constexpr Property<std::string> kStrategy{{.name = "Merge Strategy",
                                                  .description = "How FlowFiles find together.",
                                                  .defaultValue = kBinPacking,
                                                  .required = true,
                                                  .allowed = kStrategies}};
inline constexpr Property<std::string> kFormat{{.name = "Merge Format",
                                                .description = "The format of the merged content.",
                                                .defaultValue = kConcatenation,
                                                .required = true,
                                                .allowed = kFormats}};
inline constexpr Property<std::string> kAttributes{
    {.name = "Attribute Strategy",
     .description = "Which attributes the merged FlowFile has.",
     .defaultValue = "Keep Only Common Attributes",
     .required = true,
     .allowed = kAttributeStrategies}};
inline constexpr Property<std::string> kCorrelation{
    {.name = "Correlation Attribute Name",
     .description = "Only FlowFiles with the same value of this attribute go into one bin.",
     .scope = ExpressionScope::kFlowFile,
     .dependsOn = "Merge Strategy",
     .dependsOnValues = kOnlyBinPacking}};
inline constexpr Property<std::int64_t> kMinEntries{
    {.name = "Minimum Number of Entries",
     .description = "A bin waits for so many FlowFiles.",
     .defaultValue = "1",
     .required = true,
     .dependsOn = "Merge Strategy",
     .dependsOnValues = kOnlyBinPacking,
     .atLeast = 1,
     .atMost = INT32_MAX}};
inline constexpr Property<std::int64_t> kMaxEntries{
    {.name = "Maximum Number of Entries",
     .description = "A bin is full with so many FlowFiles.",
     .defaultValue = "1000",
     .required = true,
     .dependsOn = "Merge Strategy",
     .dependsOnValues = kOnlyBinPacking,
     .atLeast = 1,
     .atMost = INT32_MAX}};
inline constexpr Property<DataSize> kMinSize{{.name = "Minimum Group Size",
                                              .description = "A bin waits for so many bytes.",
                                              .defaultValue = "0 B",
                                              .required = true,
                                              .dependsOn = "Merge Strategy",
                                              .dependsOnValues = kOnlyBinPacking}};
inline constexpr Property<DataSize> kMaxSize{
    {.name = "Maximum Group Size",
     .description = "A bin is full with so many bytes; a larger FlowFile is merged alone.",
     .dependsOn = "Merge Strategy",
     .dependsOnValues = kOnlyBinPacking}};
inline constexpr Property<std::string> kTermination{
    {.name = "Bin Termination Check",
     .description = "An expression; a FlowFile for which it is true ends its bin, whatever the "
                    "minimums say.",
     .scope = ExpressionScope::kFlowFile,
     .dependsOn = "Merge Strategy",
     .dependsOnValues = kOnlyBinPacking}};
inline constexpr Property<std::string> kPlace{
    {.name = "FlowFile Insertion Strategy",
     .description = "Where a FlowFile goes that ends a bin.",
     .defaultValue = "Last in Bin",
     .required = true,
     .allowed = kPlaces,
     .dependsOn = "Bin Termination Check"}};
inline constexpr Property<Duration> kMaxAge{
    {.name = "Max Bin Age",
     .description = "An older bin is merged even below its minimums.",
     .atLeast = 1'000'000'000}};
inline constexpr Property<std::int64_t> kMaxBins{
    {.name = "Maximum Number of Bins",
     .description = "Where one more is needed, the oldest bin is merged as it is.",
     .defaultValue = "5",
     .required = true,
     .aliases = kMaxBinsAliases,
     .atLeast = 1,
     .atMost = INT32_MAX}};
inline constexpr Property<std::string> kDelimiters{
    {.name = "Delimiter Strategy",
     .description = "What Header, Footer and Demarcator are.",
     .defaultValue = kNoDelimiters,
     .required = true,
     .allowed = kDelimiterStrategies,
     .dependsOn = "Merge Format",
     .dependsOnValues = kOnlyConcatenation}};
inline constexpr Property<std::string> kHeader{
    {.name = "Header",
     .description = "What the merged content begins with: a text, or the name of a file.",
     .scope = ExpressionScope::kFlowFile,
     .aliases = kHeaderAliases,
     .dependsOn = "Delimiter Strategy",
     .dependsOnValues = kDelimited}};
inline constexpr Property<std::string> kFooter{
    {.name = "Footer",
     .description = "What the merged content ends with: a text, or the name of a file.",
     .scope = ExpressionScope::kFlowFile,
     .aliases = kFooterAliases,
     .dependsOn = "Delimiter Strategy",
     .dependsOnValues = kDelimited}};
inline constexpr Property<std::string> kDemarcator{
    {.name = "Demarcator",
     .description = "What stands between two contents: a text, or the name of a file.",
     .scope = ExpressionScope::kFlowFile,
     .aliases = kDemarcatorAliases,
     .dependsOn = "Delimiter Strategy",
     .dependsOnValues = kDelimited}};
inline constexpr Property<std::string> kLevel{{.name = "Compression Level",
                                               .description = "How hard a zip is compressed.",
                                               .defaultValue = "1",
                                               .required = true,
                                               .allowed = kLevels,
                                               .dependsOn = "Merge Format",
                                               .dependsOnValues = kOnlyZip}};
inline constexpr Property<bool> kKeepPath{
    {.name = "Keep Path",
     .description = "Whether entries of a tar or zip are named with the attribute path.",
     .defaultValue = "false",
     .required = true,
     .dependsOn = "Merge Format",
     .dependsOnValues = kTarOrZip}};
inline constexpr Property<std::string> kTarTime{
    {.name = "Tar Modified Time",
     .description = "The time of a tar entry, as 2025-01-31T12:00:00Z; any other text is ignored.",
     .defaultValue = "${file.lastModifiedTime}",
     .scope = ExpressionScope::kFlowFile,
     .dependsOn = "Merge Format",
     .dependsOnValues = kOnlyTar}};
inline constexpr std::array kProperties{
    &kStrategy.info,   &kFormat.info,  &kAttributes.info, &kCorrelation.info, &kMinEntries.info,
    &kMaxEntries.info, &kMinSize.info, &kMaxSize.info,    &kTermination.info, &kPlace.info,
    &kMaxAge.info,     &kMaxBins.info, &kDelimiters.info, &kHeader.info,      &kFooter.info,
    &kDemarcator.info, &kLevel.info,   &kKeepPath.info,   &kTarTime.info};

inline constexpr Relationship kMerged{"merged", "The FlowFile with the merged content."};
inline constexpr Relationship kOriginal{"original", "The FlowFiles that were merged."};
inline constexpr Relationship kFailure{"failure", "FlowFiles that cannot be merged."};
inline constexpr std::array kRelationships{&kMerged, &kOriginal, &kFailure};

}  // namespace millrace::processors::merge_content

// SPDX-License-Identifier: Apache-2.0
// DescribeUserScramCredentials and AlterUserScramCredentials: the users that SCRAM knows. No
// password comes along: clients send it salted, and are told the number of iterations alone.
// Source: KIP-554.
#include "log-backend/broker/requests.h"

#include <fmt/format.h>

#include <map>
#include <set>
#include <utility>

namespace millrace::log {
namespace {

enum class Mechanism : std::int8_t { kSha256 = 1, kSha512 = 2 };
using Refusals = std::map<std::string, Refusal>;  ///< of all users that a request names

std::optional<ScramHash> hashOf(std::int8_t mechanism) {
  switch (static_cast<Mechanism>(mechanism)) {
    case Mechanism::kSha256:
      return ScramHash::kSha256;
    case Mechanism::kSha512:
      return ScramHash::kSha512;
  }
  return std::nullopt;
}

Refusal refusalFor(const Desk& desk, const Call& call, Operation operation) {
  if (!call.access.mayCluster(operation))
    return {ErrorCode::kClusterAuthorizationFailed, "you may not do that with users"};
  if (desk.users == nullptr) return {ErrorCode::kInvalidRequest, "this log keeps no users"};
  return {};
}

using Described = wire::DescribeUserScramCredentialsResponse;

void describe(const CredentialList::User& user,
              Described::DescribeUserScramCredentialsResult& result) {
  const auto show = [&](const std::optional<ScramCredential>& known, Mechanism mechanism) {
    if (known)
      result.credentialInfos.push_back({static_cast<std::int8_t>(mechanism), known->iterations});
  };
  show(user.sha256, Mechanism::kSha256);
  show(user.sha512, Mechanism::kSha512);
}

using Alterations = wire::AlterUserScramCredentialsRequest;

Refusal wrongMechanism(std::int8_t mechanism) {
  return {
      ErrorCode::kUnsupportedSaslMechanism,
      fmt::format("mechanism {} is not one of SCRAM-SHA-256 (1) and SCRAM-SHA-512 (2)", mechanism)};
}

Refusal wrongUpsertion(const Alterations::ScramCredentialUpsertion& asked) {
  const auto hash = hashOf(asked.mechanism);
  if (!hash) return wrongMechanism(asked.mechanism);
  if (asked.iterations < kScramIterations || asked.iterations > kMostScramIterations)
    return {ErrorCode::kUnacceptableCredential,
            fmt::format("{} iterations are not between {} and {}", asked.iterations,
                        kScramIterations, kMostScramIterations)};
  const std::size_t bytes = scramDigest(*hash, "").size();
  if (asked.saltedPassword.size() != bytes)
    return {ErrorCode::kUnacceptableCredential,
            fmt::format("a salted password of this mechanism has {} bytes, not {}", bytes,
                        asked.saltedPassword.size())};
  // A name or a salt that cannot be one: the list itself says so.
  CredentialList tried;
  const auto put =
      tried.put(asked.name, *hash,
                scramCredentialOfSalted(*hash, asText(asked.saltedPassword),
                                        std::string(asText(asked.salt)), asked.iterations));
  if (!put.ok()) return {ErrorCode::kUnacceptableCredential, put.error().message};
  return {};
}

/// What is wrong without looking at the users that there are.
Refusals check(const Alterations& request) {
  Refusals all;
  std::set<std::pair<std::string, std::int8_t>> seen;
  const auto note = [&](const std::string& name, std::int8_t mechanism, Refusal wrong) {
    Refusal& known = all[name];
    if (!seen.emplace(name, mechanism).second)
      wrong = {ErrorCode::kDuplicateResource, "a user is changed once a mechanism in one request"};
    if (!known.refused()) known = std::move(wrong);
  };
  for (const auto& each : request.deletions)
    note(each.name, each.mechanism,
         hashOf(each.mechanism) ? Refusal() : wrongMechanism(each.mechanism));
  for (const auto& each : request.upsertions) note(each.name, each.mechanism, wrongUpsertion(each));
  return all;
}

/// All that is asked for a user, or nothing of it.
Result<> apply(const Alterations& request, CredentialList& list, Refusals& refusals) {
  for (const auto& each : request.deletions) {
    Refusal& known = refusals[each.name];
    if (!known.refused() && !list.find(each.name, *hashOf(each.mechanism)))
      known = {ErrorCode::kResourceNotFound,
               fmt::format("there is no user '{}' with this mechanism", each.name)};
  }
  for (const auto& each : request.deletions) {
    if (!refusals[each.name].refused()) list.remove(each.name, *hashOf(each.mechanism));
  }
  for (const auto& each : request.upsertions) {
    if (refusals[each.name].refused()) continue;
    const ScramHash hash = *hashOf(each.mechanism);
    MR_TRY(list.put(each.name, hash,
                    scramCredentialOfSalted(hash, asText(each.saltedPassword),
                                            std::string(asText(each.salt)), each.iterations)));
  }
  return Done{};
}

}  // namespace

wire::DescribeUserScramCredentialsResponse describeUserScramCredentials(
    Desk& desk, const wire::DescribeUserScramCredentialsRequest& request, const Call& call) {
  Described response;
  const auto refuse = [&response](const Refusal& refusal) {
    response.errorCode = wireCode(refusal.code);
    response.errorMessage = wireMessage(refusal);
    return response;
  };
  const Refusal refusal = refusalFor(desk, call, Operation::kDescribe);
  if (refusal.refused()) return refuse(refusal);
  const auto list = desk.users->read();
  if (!list.ok()) return refuse({ErrorCode::kStorageError, list.error().message});
  std::map<std::string, int> asked;
  if (request.users)
    for (const auto& each : *request.users) ++asked[each.name];
  if (asked.empty())
    for (const auto& [name, user] : list->users()) asked[name] = 1;
  for (const auto& [name, times] : asked) {
    auto& result = response.results.emplace_back();
    result.user = name;
    Refusal wrong;
    const auto known = list->users().find(name);
    if (times > 1)
      wrong = {ErrorCode::kDuplicateResource, "a user is asked for once"};
    else if (known == list->users().end())
      wrong = {ErrorCode::kResourceNotFound, fmt::format("there is no user '{}'", name)};
    else
      describe(known->second, result);
    result.errorCode = wireCode(wrong.code);
    result.errorMessage = wireMessage(wrong);
  }
  return response;
}

wire::AlterUserScramCredentialsResponse alterUserScramCredentials(
    Desk& desk, const wire::AlterUserScramCredentialsRequest& request, const Call& call) {
  Refusals refusals = check(request);
  Refusal all = refusalFor(desk, call, Operation::kAlter);
  if (!all.refused() && !refusals.empty()) {
    const auto changed =
        desk.users->change([&](CredentialList& list) { return apply(request, list, refusals); });
    if (!changed.ok()) all = {ErrorCode::kStorageError, changed.error().message};
  }
  wire::AlterUserScramCredentialsResponse response;
  for (const auto& [name, own] : refusals) {
    const Refusal& refusal = all.refused() ? all : own;
    response.results.push_back({name, wireCode(refusal.code), wireMessage(refusal)});
  }
  return response;
}

}  // namespace millrace::log

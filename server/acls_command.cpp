// SPDX-License-Identifier: Apache-2.0
// millrace acls: who may do what with the log of a data directory, in the words of Kafka's
// kafka-acls. A server that runs there takes a change within a second.
#include "engine/base/posix_file_system.h"
#include "log-backend/security/access_list.h"
#include "server/command.h"
#include "server/console_text.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iostream>

namespace millrace::server {
namespace {

using log::Acl;
using log::Operation;
using log::PatternType;
using log::Permission;
using log::ResourceType;

struct AclsArguments {
  std::string data = "./millrace-data";
  std::vector<std::string> allowed;
  std::vector<std::string> denied;
  std::vector<std::string> operations;
  std::vector<std::string> topics;
  std::vector<std::string> groups;
  std::vector<std::string> transactions;
  std::string host = std::string(log::kWildcard);
  std::string pattern = "literal";
  bool cluster = false;
  bool producer = false;
  bool consumer = false;
  bool json = false;
};

/// In lower case, without what words are joined by: DescribeConfigs, describe-configs and
/// DESCRIBE_CONFIGS are one.
std::string plain(std::string_view word) {
  std::string out;
  for (const char c : word) {
    if (c != '-' && c != '_') out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

Result<Operation> operationOf(const std::string& word) {
  for (int number = static_cast<int>(Operation::kAll);
       number <= static_cast<int>(Operation::kIdempotentWrite); ++number) {
    const auto operation = static_cast<Operation>(number);
    if (plain(log::wordOf(operation)) == plain(word)) return operation;
  }
  return Error::user(fmt::format(
      "--operation: there is no '{}'; it is one of All, Read, Write, Create, Delete, Alter, "
      "Describe, ClusterAction, DescribeConfigs, AlterConfigs, IdempotentWrite",
      word));
}

struct Resource {
  ResourceType type;
  std::string name;
};

Result<std::vector<Resource>> resourcesOf(const AclsArguments& arguments) {
  std::vector<Resource> resources;
  for (const std::string& name : arguments.topics)
    resources.push_back({ResourceType::kTopic, name});
  for (const std::string& name : arguments.groups)
    resources.push_back({ResourceType::kGroup, name});
  for (const std::string& name : arguments.transactions)
    resources.push_back({ResourceType::kTransactionalId, name});
  if (arguments.cluster)
    resources.push_back({ResourceType::kCluster, std::string(log::kClusterName)});
  return resources;
}

/// What --producer and --consumer stand for, with kafka-acls too.
std::vector<Operation> usualOperations(const AclsArguments& arguments, ResourceType type) {
  std::vector<Operation> operations;
  if (arguments.producer && type == ResourceType::kTopic)
    operations = {Operation::kWrite, Operation::kDescribe, Operation::kCreate};
  if (arguments.producer && type == ResourceType::kTransactionalId)
    operations = {Operation::kWrite, Operation::kDescribe};
  if (arguments.consumer && type == ResourceType::kTopic) {
    operations.push_back(Operation::kRead);
    if (!arguments.producer) operations.push_back(Operation::kDescribe);
  }
  if (arguments.consumer && type == ResourceType::kGroup) operations = {Operation::kRead};
  return operations;
}

/// All that the arguments stand for.
Result<std::vector<Acl>> aclsOf(const AclsArguments& arguments) {
  if (arguments.allowed.empty() && arguments.denied.empty())
    return Error::user("whom is it about? Give --allow-principal or --deny-principal User:NAME");
  const auto resources = MR_TRY(resourcesOf(arguments));
  if (resources.empty())
    return Error::user("what is it about? Give --topic, --group, --transactional-id or --cluster");
  if (arguments.operations.empty() && !arguments.producer && !arguments.consumer)
    return Error::user("what may be done? Give --operation, --producer or --consumer");
  const bool prefixed = plain(arguments.pattern) == "prefixed";
  if (!prefixed && plain(arguments.pattern) != "literal")
    return Error::user("--resource-pattern-type must be literal or prefixed");
  std::vector<Acl> acls;
  const auto add = [&](const Resource& resource, Operation operation, const std::string& principal,
                       Permission permission) -> Result<> {
    const bool isCluster = resource.type == ResourceType::kCluster;
    Acl acl{resource.type,
            resource.name,
            prefixed && !isCluster ? PatternType::kPrefixed : PatternType::kLiteral,
            principal,
            arguments.host,
            operation,
            permission};
    if (const std::string wrong = acl.wrong(); !wrong.empty()) return Error::user(wrong);
    acls.push_back(std::move(acl));
    return Done{};
  };
  for (const Resource& resource : resources) {
    std::vector<Operation> operations = usualOperations(arguments, resource.type);
    for (const std::string& word : arguments.operations)
      operations.push_back(MR_TRY(operationOf(word)));
    for (const Operation operation : operations) {
      for (const std::string& principal : arguments.allowed)
        MR_TRY(add(resource, operation, principal, Permission::kAllow));
      for (const std::string& principal : arguments.denied)
        MR_TRY(add(resource, operation, principal, Permission::kDeny));
    }
  }
  if (acls.empty())
    return Error::user(
        "--producer is about topics and transactional ids, --consumer about topics "
        "and groups: name one");
  return acls;
}

void print(const std::vector<Acl>& acls, bool json) {
  std::vector<std::vector<std::string>> rows{
      {"RESOURCE", "PATTERN", "NAME", "PRINCIPAL", "HOST", "OPERATION", "PERMISSION"}};
  for (const Acl& acl : acls) {
    const std::string resource(log::wordOf(acl.resource));
    const std::string pattern(log::wordOf(acl.pattern));
    const std::string operation(log::wordOf(acl.operation));
    const std::string permission(log::wordOf(acl.permission));
    if (json) {
      printJsonLine(nlohmann::ordered_json{{"resource", resource},
                                           {"pattern", pattern},
                                           {"name", acl.name},
                                           {"principal", acl.principal},
                                           {"host", acl.host},
                                           {"operation", operation},
                                           {"permission", permission}});
    } else {
      rows.push_back({resource, pattern, acl.name, acl.principal, acl.host, operation, permission});
    }
  }
  if (!json) printTable(rows);
}

Result<std::unique_ptr<log::AccessList>> openList(FileSystem& files, const std::string& data) {
  MR_TRY(files.createDirectories(data));
  return log::AccessList::open(files, data, {});
}

Result<> add(const AclsArguments& arguments) {
  const auto acls = MR_TRY(aclsOf(arguments));
  const auto files = makePosixFileSystem();
  const auto list = MR_TRY(openList(*files, arguments.data));
  MR_TRY(list->add(acls));
  print(acls, arguments.json);
  return Done{};
}

Result<> remove(const AclsArguments& arguments) {
  const auto acls = MR_TRY(aclsOf(arguments));
  const auto files = makePosixFileSystem();
  const auto list = MR_TRY(openList(*files, arguments.data));
  std::vector<Acl> removed;
  for (const Acl& acl : acls) {
    for (Acl& one : MR_TRY(list->remove({acl.resource, acl.name, acl.pattern, acl.principal,
                                         acl.host, acl.operation, acl.permission})))
      removed.push_back(std::move(one));
  }
  if (removed.empty())
    return Error::user("there is no such ACL; 'millrace acls list' shows what there is");
  print(removed, arguments.json);
  return Done{};
}

/// Those that have a say about what is named, or all.
Result<> list(const AclsArguments& arguments) {
  const auto files = makePosixFileSystem();
  if (!files->exists(arguments.data))
    return Error::user(fmt::format("{} is no data directory", arguments.data));
  const auto known = MR_TRY(openList(*files, arguments.data));
  const auto resources = MR_TRY(resourcesOf(arguments));
  std::vector<Acl> shown;
  const auto rules = known->rules();
  for (const Acl& acl : rules->acls) {
    const bool asked = resources.empty() ||
                       std::any_of(resources.begin(), resources.end(), [&](const Resource& each) {
                         log::AclFilter filter;
                         filter.resource = each.type;
                         filter.name = each.name;
                         filter.pattern = PatternType::kMatch;
                         return filter.fits(acl);
                       });
    if (asked) shown.push_back(acl);
  }
  print(shown, arguments.json);
  return Done{};
}

using Verb = Result<> (*)(const AclsArguments&);

}  // namespace

void addAclsCommand(CLI::App& app, Action& action) {
  auto* acls = app.add_subcommand("acls", "who may do what with the log of a data directory");
  acls->require_subcommand(1);
  const auto addVerb = [&](const char* name, const char* about, Verb verb, bool changes) {
    // shared_ptr: the parser's callback and the action both have it.
    auto arguments = std::make_shared<AclsArguments>();
    auto* command = acls->add_subcommand(name, about);
    const auto several = [&](const char* option, std::vector<std::string>& into, const char* text) {
      command->add_option(option, into, text)->allow_extra_args(false);
    };
    command->add_option("--data", arguments->data, "the data directory, of a running server or not")
        ->capture_default_str();
    several("--topic", arguments->topics, "a topic, * for all; may be given several times");
    several("--group", arguments->groups, "a group of consumers");
    several("--transactional-id", arguments->transactions, "a transactional id");
    command->add_flag("--cluster", arguments->cluster, "the log as a whole");
    command->add_flag("--json", arguments->json, "one object a line");
    if (changes) {
      several("--allow-principal", arguments->allowed, "User:NAME who may; User:* is everybody");
      several("--deny-principal", arguments->denied,
              "User:NAME who may not, whatever else is allowed");
      several("--operation", arguments->operations,
              "All, Read, Write, Create, Delete, Alter, Describe, ClusterAction, DescribeConfigs, "
              "AlterConfigs or IdempotentWrite");
      command->add_option("--host", arguments->host, "from this address only")
          ->capture_default_str();
      command
          ->add_option("--resource-pattern-type", arguments->pattern,
                       "literal, or prefixed: all whose names begin so")
          ->capture_default_str();
      command->add_flag("--producer", arguments->producer,
                        "all that publishing to the topics needs, with the transactional ids");
      command->add_flag("--consumer", arguments->consumer,
                        "all that reading the topics in the groups needs");
    }
    command->callback([arguments, verb, &action] {
      action = [arguments, verb] { return exitCodeOf(verb(*arguments)); };
    });
  };
  addVerb("list", "the ACLs, or those that have a say about what is named", list, false);
  addVerb("add", "allows or denies", add, true);
  addVerb("remove", "takes back what was added", remove, true);
}

}  // namespace millrace::server

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Flows that are worth looking at. %1 is the folder of what they read.

namespace millrace::gui {

/// One queue fills up, one part is slow; parameters that are shared, services, a group.
constexpr const char* kSensors = R"(millrace: 1
name: sensors
parameter-contexts:
  - name: Station
    comment: What is true of the northern station
    inherits: [Everywhere]
    parameters:
      site: {value: north, comment: Where the readings come from}
      limit: {value: '30', comment: Warmer than this is an alarm}
      relay password: {sensitive: true}
  - name: Everywhere
    parameters:
      limit: '35'
      unit: celsius
  - name: Laboratory
    inherits: [Everywhere]
parameter-context: Station
parameters:
  batch: {value: '1', comment: Readings at a time}
services:
  - name: Places
    type: SimpleCsvFileLookupService
    properties: {CSV File: '%1/places.csv', Lookup Key Column: site, Lookup Value Column: place}
  - {name: Memory, type: MapCacheServer, properties: {Port: '4557'}, state: disabled}
processors:
  - name: Readings
    type: GenerateFlowFile
    properties: {Custom Text: '{"sensor": "north-3", "celsius": 21.5}', Batch Size: '#{batch}'}
    schedule: {every: 20 ms}
  - {name: Where from, type: UpdateAttribute, properties: {site: '#{site}', celsius: '${random():mod(40)}'}}
  - name: Name of the place
    type: LookupAttribute
    properties: {Lookup Service: Places, place: '${site}'}
    auto-terminate: [failure, unmatched]
  - {name: Too warm?, type: RouteOnAttribute, properties: {warm: '${celsius:toNumber():gt(#{limit})}'}}
  - {name: Alarm, type: LogAttribute, auto-terminate: [success]}
  - {name: Keep, type: UpdateAttribute, properties: {kept: 'yes', unit: '#{unit}'}, auto-terminate: [success]}
connections:
  - {from: Readings, relationship: success, to: Where from}
  - {from: Where from, relationship: success, to: Name of the place}
  - {from: Name of the place, relationship: matched, to: Too warm?}
  - {from: Too warm?, relationship: warm, to: Alarm, back-pressure: {count: 100}}
  - {from: Too warm?, relationship: unmatched, to: Keep}
layout:
  Readings: {at: [0, 80]}
  Where from: {at: [344, 80]}
  Name of the place: {at: [688, 80]}
  Too warm?: {at: [1032, 80]}
  Alarm: {at: [1392, 0]}
  Keep: {at: [1392, 160]}
)";

/// A processor to be tried, and one that complains.
constexpr const char* kTrial = R"(millrace: 1
name: gauge
processors:
  - name: Readings
    type: GenerateFlowFile
    properties: {Custom Text: '{"sensor": "north-3", "celsius": 21.5}', celsius: '${random():mod(40)}'}
    schedule: {every: 500 ms}
  - {name: Too warm?, type: RouteOnAttribute, properties: {warm: '${celsius:toNumber():gt(30)}'}}
  - {name: Alarm, type: LogAttribute, auto-terminate: [success]}
  - {name: Store, type: PutFile, properties: {Directory: /proc/readings}, auto-terminate: [success, failure]}
connections:
  - {from: Readings, relationship: success, to: Too warm?}
  - {from: Readings, relationship: success, to: Store}
  - {from: Too warm?, relationship: warm, to: Alarm}
  - {from: Too warm?, relationship: unmatched, to: Alarm}
layout:
  Readings: {at: [0, 80]}
  Too warm?: {at: [368, 0]}
  Store: {at: [368, 160]}
  Alarm: {at: [736, 0]}
)";

constexpr const char* kPlaces = "site,place\nnorth,Northern weir\nsouth,Southern weir\n";

/// Topics that fill, and a consumer group that is behind.
constexpr const char* kHarbour = R"(millrace: 1
name: harbour
services:
  - {name: Log, type: Kafka3ConnectionService}
processors:
  - name: Ships
    type: GenerateFlowFile
    properties:
      Custom Text: '{"ship": "Anna ${nextInt()}", "berth": ${random():mod(12)}, "draught": 7.4}'
      Batch Size: '4'
    schedule: {every: 200 ms}
  - name: Announce
    type: PublishKafka
    properties:
      Kafka Connection Service: Log
      Topic Name: arrivals
      Kafka Key: berth-${random():mod(12)}
      FlowFile Attribute Header Pattern: filename|uuid
    auto-terminate: [success, failure]
  - name: Tides
    type: GenerateFlowFile
    properties: {Custom Text: '{"gauge": "pier", "metres": 2.31}'}
    schedule: {every: 1 s}
  - name: Record
    type: PublishKafka
    properties: {Kafka Connection Service: Log, Topic Name: tides}
    auto-terminate: [success, failure]
  - name: Pilots
    type: ConsumeKafka
    properties: {Kafka Connection Service: Log, Topics: arrivals, Group ID: pilots, auto.offset.reset: earliest}
  - {name: Board, type: LogAttribute, auto-terminate: [success], state: stopped}
connections:
  - {from: Ships, relationship: success, to: Announce}
  - {from: Tides, relationship: success, to: Record}
  - {from: Pilots, relationship: success, to: Board, back-pressure: {count: 20}}
layout:
  Ships: {at: [0, 0]}
  Announce: {at: [368, 0]}
  Tides: {at: [0, 160]}
  Record: {at: [368, 160]}
  Pilots: {at: [0, 320]}
  Board: {at: [368, 320]}
)";

/// What the agents run.
constexpr const char* kGauge = R"(millrace: 1
name: gauge
processors:
  - {name: Measure, type: GenerateFlowFile, properties: {Custom Text: '2.31'}, schedule: {every: 100 ms}}
  - {name: Stamp, type: UpdateAttribute, properties: {river: north}}
  - {name: Hand over, type: LogAttribute, auto-terminate: [success], state: disabled}
connections:
  - {from: Measure, relationship: success, to: Stamp}
  - {from: Stamp, relationship: success, to: Hand over, back-pressure: {count: 500}}
)";

}  // namespace millrace::gui

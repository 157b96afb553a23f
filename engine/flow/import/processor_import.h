// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads the components of a group that are no groups: processors, services, ports, funnels, labels.
// Each is added to the site's group under a name that is unique there, and to the places that a
// connection may name. Threads: one importer.

#include "engine/flow/import/import_site.h"

namespace millrace::flow {

/// Names every service of the group, so that properties can refer to it, then reads them.
void readServices(SourceObject& groupSource, ImportSite& site);
void readProcessors(SourceObject& groupSource, ImportSite& site);
/// `outer` are the places of the group around this one, where its ports are seen too; may be null.
void readPorts(SourceObject& groupSource, ImportSite& site, GroupPlaces* outer,
               const Ids& groupIds);
void readFunnels(SourceObject& groupSource, ImportSite& site);
void readLabels(SourceObject& groupSource, ImportSite& site);

/// Comment, position and what else every element has; `name` becomes its name.
void readElement(SourceObject& source, Element& element, std::string name, ImportSite& site);
Ids readIds(SourceObject& source);
/// `background-color` of a `style` as six hexadecimal digits, or empty.
void readStyle(SourceObject& source, Layout& layout);

}  // namespace millrace::flow

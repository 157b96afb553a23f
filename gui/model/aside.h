// SPDX-License-Identifier: Apache-2.0
#pragma once
// Work that takes longer than a frame, done beside the GUI's thread. It gets everything that it
// needs as values, and touches nothing else.

#include <QFuture>
#include <QObject>
#include <QPromise>
#include <QThreadPool>
#include <memory>
#include <utility>

namespace millrace::gui {

/// Calls `work` on a thread of Qt's pool, then `then` with what it gives on the thread of
/// `context`; not when `context` is gone by then.
template <typename Work, typename Then>
void aside(QObject* context, Work work, Then then) {
  using Value = decltype(work());
  auto promise = std::make_shared<QPromise<Value>>();
  promise->start();
  promise->future().then(context, std::move(then));
  QThreadPool::globalInstance()->start([promise, work = std::move(work)]() mutable {
    promise->addResult(work());
    promise->finish();
  });
}

}  // namespace millrace::gui

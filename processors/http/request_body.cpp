// SPDX-License-Identifier: Apache-2.0
#include "processors/http/request_body.h"

#include "processors/codec/codec.h"

namespace millrace::processors {
namespace {

/// Hands what is written on to a connection.
class Sending final : public ContentWriter {
 public:
  explicit Sending(const HttpRequest::Send& send) : send_(send) {}
  Result<> write(ByteView bytes) override { return send_(bytes); }
  Result<> finish() override { return Done{}; }

 private:
  const HttpRequest::Send& send_;
};

/// A name in quotes, with what would end them encoded as browsers do.
std::string quotedName(std::string_view name) {
  std::string result = "\"";
  for (const char c : name) {
    if (c == '"') {
      result += "%22";
    } else if (c == '\r') {
      result += "%0D";
    } else if (c == '\n') {
      result += "%0A";
    } else {
      result += c;
    }
  }
  return result + '"';
}

/// All of a form that comes before the content.
std::string formBefore(const RequestBody& body) {
  std::string text;
  for (const auto& [name, value] : body.formFields) {
    text += "--" + body.boundary + "\r\nContent-Disposition: form-data; name=" + quotedName(name) +
            "\r\n\r\n" + value + "\r\n";
  }
  if (body.content) {
    text += "--" + body.boundary +
            "\r\nContent-Disposition: form-data; name=" + quotedName(body.formName);
    if (body.formFileName) text += "; filename=" + quotedName(*body.formFileName);
    text += "\r\nContent-Type: " + body.contentType + "\r\n\r\n";
  }
  return text;
}

std::string formAfter(const RequestBody& body) {
  return (body.content ? "\r\n--" : "--") + body.boundary + "--\r\n";
}

Result<> sendAll(const RequestBody& body, bool form, const HttpRequest::Send& send) {
  if (form) MR_TRY(send(asBytes(formBefore(body))));
  if (body.content) {
    const auto reader = MR_TRY(body.content());
    while (true) {
      const ByteView part = MR_TRY(reader->next());
      if (part.empty()) break;
      MR_TRY(send(part));
    }
  }
  if (form) MR_TRY(send(asBytes(formAfter(body))));
  return Done{};
}

}  // namespace

void useBody(HttpRequest& request, const RequestBody& body) {
  request.hasBody = true;
  const bool form = !body.formFields.empty() || !body.formName.empty();
  if (form) {
    request.fields.set("Content-Type", "multipart/form-data; boundary=" + body.boundary);
  } else if (body.content) {
    request.fields.set("Content-Type", body.contentType);
  }
  if (!body.gzip) {
    if (!body.chunked) {
      request.length = (body.content ? body.contentSize : 0) +
                       (form ? formBefore(body).size() + formAfter(body).size() : 0);
    }
    request.body = [&body, form](const HttpRequest::Send& send) {
      return sendAll(body, form, send);
    };
    return;
  }
  request.fields.set("Content-Encoding", "gzip");
  request.body = [&body, form](const HttpRequest::Send& send) -> Result<> {
    Sending out(send);
    const auto codec = MR_TRY(makeCompressor(CodecFormat::kGzip, 6));
    MR_TRY(sendAll(body, form, [&](ByteView bytes) { return codec->push(bytes, out); }));
    return codec->finish(out);
  };
}

}  // namespace millrace::processors

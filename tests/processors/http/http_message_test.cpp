// SPDX-License-Identifier: Apache-2.0
// The reader of HTTP messages, URLs, forms and challenges, each on its own.
#include "processors/http/digest_authentication.h"
#include "processors/http/http_reader.h"
#include "processors/http/multipart_reader.h"
#include "processors/http/url.h"

#include <QTest>

using namespace millrace;
using namespace millrace::processors;

namespace {

struct Message {
  HttpHead head;
  std::string body;
  bool ended = false;
};

/// Reads a text that comes in pieces of so many bytes.
struct Reading {
  std::vector<Message> messages;
  std::string problem;
  int status = 0;

  Reading(HttpReader::Side side, std::string_view text, std::size_t piece, bool bodiless = false,
          bool connectionEnds = false) {
    HttpReader reader(side, 8 * 1024,
                      {[&](HttpHead&& head) {
                         messages.push_back({std::move(head), {}, false});
                         return bodiless;
                       },
                       [&](ByteView bytes) { messages.back().body += asText(bytes); },
                       [&] { messages.back().ended = true; }});
    while (!text.empty()) {
      std::string_view part = text.substr(0, piece);
      text.remove_prefix(part.size());
      while (!part.empty()) {
        const auto taken = reader.push(asBytes(part));
        if (!taken.ok()) {
          problem = taken.error().message;
          status = reader.errorStatus();
          return;
        }
        part.remove_prefix(*taken);
      }
    }
    if (!connectionEnds) return;
    const auto ended = reader.endOfConnection();
    if (!ended.ok()) problem = ended.error().message;
  }
};

class Pieces final : public ContentReader {
 public:
  Pieces(std::string text, std::size_t piece) : text_(std::move(text)), piece_(piece) {}
  Result<std::size_t> read(std::span<std::byte>) override { return Error::bug("not used"); }
  Result<ByteView> next(std::size_t most) override {
    const std::string_view part = std::string_view(text_).substr(at_, std::min(most, piece_));
    at_ += part.size();
    return asBytes(part);
  }
  std::uint64_t size() const override { return text_.size(); }

 private:
  const std::string text_;
  const std::size_t piece_;
  std::size_t at_ = 0;
};

/// Name and content of each part, or what is wrong.
std::vector<std::pair<std::string, std::string>> partsOf(const std::string& body, std::size_t piece,
                                                         std::string& problem,
                                                         std::uint64_t limit = 1 << 20) {
  Pieces source(body, piece);
  MultipartReader reader(source, "XX", limit);
  std::vector<std::pair<std::string, std::string>> parts;
  while (true) {
    const auto part = reader.next();
    if (!part.ok()) {
      problem = part.error().message;
      break;
    }
    if (!*part) break;
    parts.emplace_back((*part)->name, "");
    while (true) {
      const auto bytes = reader.content();
      if (!bytes.ok()) {
        problem = bytes.error().message;
        return parts;
      }
      if (bytes->empty()) break;
      parts.back().second += asText(*bytes);
    }
  }
  return parts;
}

}  // namespace

class HttpMessageTest : public QObject {
  Q_OBJECT
 private slots:
  void requestsAreReadHoweverTheyAreCut() {
    const std::string text =
        "POST /a%20b?c=d HTTP/1.1\r\nHost: here\r\nX-Two:  words here \r\nContent-Length: 5\r\n\r\n"
        "helloPUT /chunks HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n"
        "GET http://here/abs HTTP/1.0\r\n\r\n";
    for (std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{7}, text.size()}) {
      const Reading read(HttpReader::Side::kRequests, text, piece);
      QCOMPARE(read.problem, std::string());
      QCOMPARE(read.messages.size(), std::size_t{3});
      const Message& first = read.messages[0];
      QCOMPARE(first.head.method, std::string("POST"));
      QCOMPARE(first.head.target, std::string("/a%20b?c=d"));
      QCOMPARE(first.head.fields.value("x-two"), std::string_view("words here"));
      QCOMPARE(first.head.length.value(), std::uint64_t{5});
      QCOMPARE(first.body, std::string("hello"));
      QVERIFY(first.ended && first.head.keepsAlive);
      const Message& second = read.messages[1];
      QVERIFY(second.head.chunked && !second.head.length);
      QCOMPARE(second.body, std::string("abc0123456789"));
      QVERIFY(!second.head.fields.find("Trailer"));
      const Message& third = read.messages[2];
      QVERIFY(third.head.old && !third.head.keepsAlive && third.ended);
      QCOMPARE(pathOf(third.head.target), std::string_view("/abs"));
    }
  }

  void malformedRequestsAreRefused() {
    for (const std::string& text :
         {std::string("hello\r\n\r\n"), std::string("GET / HTTP/1.1\r\nno colon\r\n\r\n"),
          std::string("GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n"),
          std::string("GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"),
          // Two lengths, of which two readers may take one each (RFC 9112, 6.3).
          std::string("POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"),
          std::string("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
          std::string("GET / HTTP/1.1\r\nA: b\x01\r\n\r\n")}) {
      const Reading read(HttpReader::Side::kRequests, text, 3);
      QVERIFY2(!read.problem.empty(), text.c_str());
      QCOMPARE(read.status, 400);
    }
    const Reading large(HttpReader::Side::kRequests,
                        "GET / HTTP/1.1\r\nA: " + std::string(9000, 'a') + "\r\n\r\n", 100);
    QCOMPARE(large.status, 431);
    const Reading many(HttpReader::Side::kRequests,
                       "GET /" + std::string(9000, 'a') + " HTTP/1.1\r\n\r\n", 100);
    QCOMPARE(many.status, 431);
  }

  void answersAreReadToTheirEnd() {
    const Reading informed(HttpReader::Side::kResponses,
                           "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 Fine\r\nContent-Length: 2"
                           "\r\n\r\nok",
                           1);
    QCOMPARE(informed.messages.size(), std::size_t{1});
    QCOMPARE(informed.messages[0].head.reason, std::string("Fine"));
    QCOMPARE(informed.messages[0].body, std::string("ok"));
    const Reading open(HttpReader::Side::kResponses, "HTTP/1.1 200 OK\r\n\r\nuntil the end", 5,
                       false, true);
    QCOMPARE(open.problem, std::string());
    QCOMPARE(open.messages[0].body, std::string("until the end"));
    QVERIFY(open.messages[0].ended && !open.messages[0].head.keepsAlive);
    const Reading cut(HttpReader::Side::kResponses,
                      "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", 5, false, true);
    QVERIFY(!cut.problem.empty() && !cut.messages[0].ended);
    const Reading head(HttpReader::Side::kResponses, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
                       5, true, true);
    QVERIFY(head.problem.empty() && head.messages[0].ended);
  }

  void urlsAreTakenApart() {
    const auto url = Url::parse("HTTP://user:pass@Host.Example:8080/a b/\xC3\xA9?q=<x>#part");
    QVERIFY(url.ok());
    QCOMPARE(url->host, std::string("host.example"));
    QCOMPARE(url->port, std::uint16_t{8080});
    QCOMPARE(url->target, std::string("/a%20b/%C3%A9?q=%3Cx%3E"));
    QCOMPARE(url->text(), std::string("http://host.example:8080/a%20b/%C3%A9?q=%3Cx%3E"));
    QCOMPARE(Url::parse("https://a/x/%C3%A9.txt?y")->fileName(), std::string("\xC3\xA9.txt"));
    QCOMPARE(Url::parse("https://[::1]:444")->host, std::string("::1"));
    QCOMPARE(Url::parse("https://[::1]:444")->authority(), std::string("[::1]:444"));
    QCOMPARE(Url::parse("http://a?q")->target, std::string("/?q"));
    for (const char* wrong :
         {"", "a/b", "file:///a", "http://", "http://a:0/", "http://a:99999/", "http://a b/",
          "http://[::1/", "http://a\r\nb/", "http://[[r]:", "http://a]/"})
      QVERIFY2(!Url::parse(wrong).ok(), wrong);
  }

  void redirectsResolveAsRfc3986Says() {
    // The examples of its section 5.4, as far as HTTP has them.
    const Url base = Url::parse("http://a/b/c/d;p?q").value();
    const std::vector<std::pair<std::string, std::string>> rows{{"g", "http://a/b/c/g"},
                                                                {"./g", "http://a/b/c/g"},
                                                                {"g/", "http://a/b/c/g/"},
                                                                {"/g", "http://a/g"},
                                                                {"//g", "http://g/"},
                                                                {"?y", "http://a/b/c/d;p?y"},
                                                                {"g?y", "http://a/b/c/g?y"},
                                                                {"", "http://a/b/c/d;p?q"},
                                                                {".", "http://a/b/c/"},
                                                                {"./", "http://a/b/c/"},
                                                                {"..", "http://a/b/"},
                                                                {"../g", "http://a/b/g"},
                                                                {"../..", "http://a/"},
                                                                {"../../g", "http://a/g"},
                                                                {"../../../g", "http://a/g"},
                                                                {"/./g", "http://a/g"},
                                                                {"/../g", "http://a/g"},
                                                                {"g.", "http://a/b/c/g."},
                                                                {"./../g", "http://a/b/g"},
                                                                {"g/../h", "http://a/b/c/h"},
                                                                {"https://x:1/y", "https://x:1/y"}};
    for (const auto& [location, expected] : rows) {
      const auto resolved = base.resolve(location);
      QVERIFY2(resolved.ok(), location.c_str());
      QCOMPARE(resolved->text(), expected);
    }
    QVERIFY(!base.resolve("ftp://a/").ok());
  }

  void formsAreReadHoweverTheyAreCut() {
    const std::string body =
        "preamble\r\n--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n--X\r\n"
        "--XX  \r\nContent-Disposition: form-data; name=\"q\\\"b\"; filename=\"f;g\"\r\n"
        "Content-Type: text/plain\r\n\r\n\r\n--XX--\r\nepilogue";
    for (std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{10}, body.size()}) {
      std::string problem;
      const auto parts = partsOf(body, piece, problem);
      QCOMPARE(problem, std::string());
      QCOMPARE(parts.size(), std::size_t{2});
      QCOMPARE(parts[0].first, std::string("a"));
      QCOMPARE(parts[0].second, std::string("one\r\n--X"));
      QCOMPARE(parts[1].first, std::string("q\"b"));
      QCOMPARE(parts[1].second, std::string());
    }
    for (const std::string& wrong :
         {std::string(), std::string("--XX\r\nname: a\r\n\r\nopen"),
          std::string("--XX\r\nno colon\r\n\r\nx\r\n--XX--"),
          "--XX\r\nA: " + std::string(20000, 'a') + "\r\n\r\nx\r\n--XX--"}) {
      std::string problem;
      partsOf(wrong, 100, problem);
      QVERIFY2(!problem.empty(), wrong.c_str());
    }
    std::string problem;
    partsOf("--XX\r\nA: b\r\n\r\n" + std::string(5000, 'x') + "\r\n--XX--", 100, problem, 4000);
    QVERIFY(problem.find("4000") != std::string::npos);
    QCOMPARE(boundaryOf("multipart/form-data; boundary=\"a b\"").value(), std::string("a b"));
    QVERIFY(!boundaryOf("multipart/mixed; boundary=a"));
  }

  void digestsAreThoseOfTheRfcs() {
    // RFC 7616, section 3.9.1.
    const std::string challenge =
        "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=ALGORITHM, "
        "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "
        "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"";
    const std::vector<std::pair<std::string, std::string>> rows{
        {"MD5", "8ca523f5e9506fed4657c9700eebdbec"},
        {"SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"}};
    for (const auto& [algorithm, response] : rows) {
      DigestSession session;
      std::string text = challenge;
      text.replace(text.find("ALGORITHM"), 9, algorithm);
      QVERIFY(session.challenge(text));
      const auto answer = session.answer({"Mufasa", "Circle of Life"}, "GET", "/dir/index.html",
                                         "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ");
      QVERIFY(answer.has_value());
      QVERIFY(answer->find("response=\"" + response + "\"") != std::string::npos);
      QVERIFY(answer->find("nc=00000001") != std::string::npos);
    }
    DigestSession session;
    QVERIFY(!session.challenge("Basic realm=\"a\""));
    QVERIFY(!session.challenge("Digest realm=\"a\", nonce=\"b\", algorithm=SHA-512-256"));
    QVERIFY(!session.answer({"a", "b"}, "GET", "/", "c"));
  }

  void datesAreThoseOfRfc9110() {
    QCOMPARE(dateText(784111777000), std::string("Sun, 06 Nov 1994 08:49:37 GMT"));
    QCOMPARE(dateText(0), std::string("Thu, 01 Jan 1970 00:00:00 GMT"));
  }
};

QTEST_GUILESS_MAIN(HttpMessageTest)
#include "http_message_test.moc"

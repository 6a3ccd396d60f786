import Addresses
import HTTPWire
import SocketLoop
import Testing

@testable import FrontDoor

/// A request as it could have come.
func someone(
    from peer: String = "127.0.0.1", host: String? = "localhost:8080", _ headers: Headers = [:], method: String = "GET",
    target: String = "/", isSecure: Bool = false
) throws -> Visitor {
    var all = Headers()
    if let host { all.append("Host", host) }
    all.append(contentsOf: headers)
    let head = try RequestHead(
        method: method, target: target, version: host == nil ? .http10 : .http11, headers: all)
    return Visitor(head: head, peer: SocketAddress(try #require(IPAddress(peer)), port: 4_711), isSecure: isSecure)
}

@Suite("Visitor")
struct VisitorTests {
    @Test(
        "A program on this machine that means this machine is local",
        arguments: ["localhost", "localhost:8080", "127.0.0.1:9", "[::1]:8080", "LOCALHOST", "app.localhost"])
    func local(host: String) throws {
        #expect(try someone(host: host).isLocal)
        #expect(try someone(from: "::1", host: host).isLocal)
        #expect(try someone(from: "::ffff:127.0.0.1", host: host).isLocal)
    }

    @Test(
        "Another host is not local, however it is spelt",
        arguments: [
            "example.com", "localhost.example.com", "127.0.0.1.example.com", "10.0.0.1", "xlocalhost", "[::2]", "127.1",
            "0.0.0.0",
        ])
    func otherHost(host: String) throws {
        #expect(try !someone(host: host).isLocal)
    }

    @Test("Another machine is not local, and neither is a request without a host")
    func otherPeer() throws {
        #expect(try !someone(from: "10.0.0.1").isLocal)
        #expect(try !someone(host: nil).isLocal)
    }

    @Test(
        "What was forwarded is not local",
        arguments: [
            "X-Forwarded-For", "x-forwarded-proto", "X-FORWARDED-HOST", "X-Forwarded-Anything", "Forwarded", "Via",
            "X-Real-IP", "CF-Connecting-IP", "True-Client-IP",
        ])
    func forwarded(header: String) throws {
        #expect(try !someone(Headers().adding(header, "")).isLocal)
    }

    @Test(
        "The client is the nearest address that is none of our proxies",
        arguments: [
            ("10.0.0.1", "", "10.0.0.1"),
            ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
            ("10.0.0.1", "1.1.1.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
            ("10.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
            ("10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"),
            ("10.0.0.1", "203.0.113.9, unknown", "10.0.0.1"),
            // Nobody else is believed.
            ("198.51.100.7", "203.0.113.9", "198.51.100.7"),
        ])
    func client(peer: String, forwarded: String, expected: String) throws {
        let proxies = [try #require(AddressRange("10.0.0.0/8"))]
        let headers: Headers = forwarded.isEmpty ? [:] : ["X-Forwarded-For": forwarded]
        #expect(try someone(from: peer, headers).client(behind: proxies).description == expected)
    }

    @Test("Scheme and host are those of the request, and of X-Forwarded only behind our own proxy")
    func origin() throws {
        let proxies = [try #require(AddressRange("10.0.0.0/8"))]
        let headers: Headers = ["X-Forwarded-Proto": "https, http", "X-Forwarded-Host": "voice.example.com, inner"]
        func origin(_ visitor: Visitor) -> String? { visitor.origin(behind: proxies)?.description }
        #expect(origin(try someone(host: "a.example:81")) == "http://a.example:81")
        #expect(origin(try someone(host: "a.example", isSecure: true)) == "https://a.example")
        #expect(origin(try someone(from: "10.1.1.1", host: "a", headers)) == "https://voice.example.com")
        #expect(origin(try someone(from: "11.1.1.1", host: "a", headers)) == "http://a")
        #expect(origin(try someone(from: "10.1.1.1", host: "a", ["X-Forwarded-Proto": "gopher"])) == "http://a")
        #expect(origin(try someone(host: nil)) == nil)
    }
}

extension Headers {
    func adding(_ name: String, _ value: String) -> Headers {
        var headers = self
        headers.append(name, value)
        return headers
    }
}

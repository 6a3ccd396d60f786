import Addresses
import Testing

@Suite("IP address")
struct IPAddressTests {
    @Test(
        "Reads what is an address and shows it in its shortest form",
        arguments: [
            ("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"), ("::", "::"),
            ("::1", "::1"), ("1::", "1::"), ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), ("1:0:0:2:0:0:0:3", "1:0:0:2::3"),
            ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
            ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"), ("fe80::1:2", "fe80::1:2"), ("::ffff:10.1.2.3", "10.1.2.3"),
            ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
        ])
    func reads(text: String, shown: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == shown)
        #expect(IPAddress(shown) == address)
    }

    @Test(
        "Refuses everything else",
        arguments: [
            "", "1", "1.2.3", "1.2.3.4.5", "256.0.0.1", "01.2.3.4", "1.2.3.4 ", "+1.2.3.4", "0x7f.0.0.1", ":", ":::",
            "1:2", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "12345::", "g::", "::1%eth0",
            "[::1]", ":1::", "1:2:3:4:5:6:7:8:", "::+1", "1.2.3.4::", "::1.2.3", "1:2:3:4:5:6:7:1.2.3.4",
        ])
    func refuses(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(
        "Knows loopback in every form",
        arguments: [
            ("127.0.0.1", true), ("127.255.3.4", true), ("::1", true), ("::ffff:127.0.0.1", true),
            ("128.0.0.1", false), ("::2", false), ("10.0.0.1", false), ("::", false),
        ])
    func loopback(text: String, expected: Bool) throws {
        #expect(try #require(IPAddress(text)).isLoopback == expected)
    }
}

@Suite("Address range")
struct AddressRangeTests {
    @Test(
        "Contains what shares its prefix",
        arguments: [
            ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false),
            ("10.1.2.3/8", "10.9.9.9", true), ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.8", false),
            ("0.0.0.0/0", "203.0.113.9", true), ("0.0.0.0/0", "2001:db8::1", false), ("::/0", "1.2.3.4", true),
            ("fd00::/8", "fd12::1", true), ("fd00::/8", "fe80::1", false), ("10.0.0.0/8", "::ffff:10.1.1.1", true),
            ("::1/128", "::1", true), ("127.0.0.0/31", "127.0.0.1", true), ("127.0.0.0/31", "127.0.0.2", false),
        ])
    func contains(range: String, address: String, expected: Bool) throws {
        let range = try #require(AddressRange(range))
        #expect(range.contains(try #require(IPAddress(address))) == expected)
        #expect(AddressRange(range.description) == range)
    }

    @Test(
        "Refuses what is no range", arguments: ["", "/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "::/129", "a/8"])
    func refuses(text: String) {
        #expect(AddressRange(text) == nil)
    }
}

@Suite("Host and port")
struct HostPortTests {
    @Test(
        "Reads a host and a port",
        arguments: [
            ("127.0.0.1:8080", "127.0.0.1", 8_080, "127.0.0.1:8080"), ("[::1]:0", "::1", 0, "[::1]:0"),
            ("Localhost:65535", "localhost", 65_535, "localhost:65535"), (":8080", "0.0.0.0", 8_080, "0.0.0.0:8080"),
            ("my-host.example:80", "my-host.example", 80, "my-host.example:80"),
        ] as [(String, String, UInt16, String)])
    func reads(text: String, host: String, port: UInt16, shown: String) throws {
        let value = try #require(HostPort(text))
        #expect(value == HostPort(host: host, port: port))
        #expect(value.description == shown)
    }

    @Test(
        "Refuses everything else",
        arguments: [
            "", ":", "8080", "localhost", "localhost:", "localhost:65536", "localhost:-1", "localhost:+1", "a b:80",
            "::1:80", "[127.0.0.1]:80", "[::1]", "[::1]80", "999.1.1.1:80", "127.1:80", "host:80x", "a..b:80",
            "http://a:80", "ü.example:80",
        ])
    func refuses(text: String) {
        #expect(HostPort(text) == nil)
    }
}

@Suite("Web URL")
struct WebURLTests {
    @Test(
        "Reads its parts and shows them again",
        arguments: [
            ("https://api.example.com/v1?model=x&y=", "api.example.com", 443, "/v1", "model=x&y="),
            ("ws://127.0.0.1:9001", "127.0.0.1", 9_001, "", nil),
            ("wss://[::1]/a/b%20c", "::1", 443, "/a/b%20c", nil),
            ("http://host?q", "host", 80, "", "q"),
            ("http://[2001:db8::1]:81/", "2001:db8::1", 81, "/", nil),
            ("http://host/a?b?c/d", "host", 80, "/a", "b?c/d"),
        ] as [(String, String, UInt16, String, String?)])
    func reads(text: String, host: String, port: UInt16, path: String, query: String?) throws {
        let url = try WebURL(text)
        #expect(url.endpoint == HostPort(host: host, port: port))
        #expect(url.path == path)
        #expect(url.query == query)
        #expect(url.description == text)
    }

    @Test(
        "Refuses what is not one, and says so when the cause is known",
        arguments: [
            ("", .notAURL), ("example.com", .notAURL), ("ftp://a/", .notAURL), ("http://", .notAURL),
            ("http:///path", .notAURL), ("http://a:0/", .notAURL), ("http://a:b/", .notAURL), ("http://a b/", .notAURL),
            ("http://a/ü", .notAURL), ("http://a/\n", .notAURL), ("http://::1/", .notAURL), ("http://1.2.3/", .notAURL),
            ("http://a/\"", .notAURL), ("http://me:pw@a/", .hasCredentials), ("http://a/#f", .hasFragment),
            ("https://" + String(repeating: "a", count: 3_000), .notAURL),
        ] as [(String, WebURL.Problem)])
    func refuses(text: String, problem: WebURL.Problem) {
        #expect(throws: problem) { try WebURL(text) }
    }

    @Test(
        "Knows loopback hosts",
        arguments: [("localhost", true), ("127.0.0.2", true), ("[::1]", true), ("a.example", false)])
    func loopback(host: String, expected: Bool) throws {
        #expect(try WebURL("http://\(host)/").isLoopback == expected)
    }
}

@Suite("TURN URL")
struct TurnURLTests {
    @Test(
        "Reads server and transport",
        arguments: [
            ("turn:turn.example.com", "turn.example.com:3478", .udp),
            ("turns:turn.example.com", "turn.example.com:5349", .tcp),
            ("turn:10.0.0.1:80?transport=tcp", "10.0.0.1:80", .tcp), ("stun:[::1]:3478", "[::1]:3478", .udp),
            ("turn:[::1]", "[::1]:3478", .udp),
        ] as [(String, String, TurnURL.Transport)])
    func reads(text: String, endpoint: String, transport: TurnURL.Transport) throws {
        let url = try #require(TurnURL(text))
        #expect(url.endpoint.description == endpoint)
        #expect(url.transport == transport)
        #expect(url.description == text)
    }

    @Test(
        "Refuses everything else",
        arguments: [
            "", "turn:", "turn://host", "turn:host:0", "turn:host?transport=sctp", "stun:host?transport=udp",
            "http:host",
            "turn:user@host", "turn:host?x=1", "turn::80",
        ])
    func refuses(text: String) {
        #expect(TurnURL(text) == nil)
    }
}

@Suite("URL reference")
struct URLReferenceTests {
    /// RFC 3986 section 5.4, as far as it concerns a Location header.
    @Test(
        "A reference is read against the URL that it was found at",
        arguments: [
            ("http://z/y", "http://z/y"), ("HTTPS://Z/y?q", "https://z/y?q"), ("//g", "http://g"),
            ("/g", "http://a:8080/g"), ("?y", "http://a:8080/b/c/d?y"), ("g", "http://a:8080/b/c/g"),
            ("g/", "http://a:8080/b/c/g/"), ("g?y#s", "http://a:8080/b/c/g?y"), ("#s", "http://a:8080/b/c/d?q"),
            ("", "http://a:8080/b/c/d?q"), (".", "http://a:8080/b/c/"), ("./g", "http://a:8080/b/c/g"),
            ("..", "http://a:8080/b/"), ("../g", "http://a:8080/b/g"), ("../..", "http://a:8080/"),
            ("../../../../g", "http://a:8080/g"), ("/../g", "http://a:8080/g"), ("g;x=1/../y", "http://a:8080/b/c/y"),
            ("g?a:b", "http://a:8080/b/c/g?a:b"), ("./a:b", "http://a:8080/b/c/a:b"), ("/x//y", "http://a:8080/x//y"),
            ("wss://z", "wss://z"),
        ])
    func resolves(reference: String, expected: String) throws {
        #expect(try WebURL("http://a:8080/b/c/d?q").resolving(reference).description == expected)
    }

    @Test("A URL without a path is a directory")
    func bare() throws {
        #expect(try WebURL("http://a").resolving("g?x").description == "http://a/g?x")
        #expect(try WebURL("http://a?q").resolving("?x").description == "http://a?x")
    }

    @Test(
        "What cannot be asked is refused",
        arguments: [
            "mailto:a@b", "javascript:alert(1)", "http://", "//", "//user@host/", "/a b", "http://h:0/", "/\r\nX: y",
        ])
    func refuses(reference: String) {
        #expect(throws: WebURL.Problem.self) { try WebURL("http://a/b").resolving(reference) }
    }
}

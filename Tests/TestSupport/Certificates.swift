internal import Foundation

/// Certificates made by the openssl command for one run of the tests: an authority of our own, servers it vouches for.
public struct Certificates: Sendable {
    public static let shared = Certificates()

    public let authority: String
    /// For localhost, 127.0.0.1 and ::1.
    public let localhost: (certificate: String, key: String)
    /// For elsewhere.example only.
    public let elsewhere: (certificate: String, key: String)
    public let expired: (certificate: String, key: String)
    /// An authority that vouched for none of them.
    public let stranger: String

    private init() {
        let folder = NSTemporaryDirectory() + "patchbay-certificates-\(ProcessInfo.processInfo.processIdentifier)/"
        try! FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        func openssl(_ arguments: String) {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["openssl"] + arguments.split(separator: " ").map(String.init)
            process.currentDirectoryURL = URL(fileURLWithPath: folder)
            process.standardError = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            try! process.run()
            process.waitUntilExit()
            precondition(process.terminationStatus == 0, "openssl \(arguments)")
        }
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
        func makeAuthority(_ name: String) -> String {
            openssl("req -x509 \(key) -keyout \(name).key -out \(name).pem -days 2 -subj /CN=\(name)")
            return folder + name + ".pem"
        }
        func makeServer(_ name: String, names: String, days: Int = 2) -> (certificate: String, key: String) {
            openssl("req \(key) -keyout \(name).key -out \(name).csr -subj /CN=\(name)")
            let extensions = "subjectAltName=\(names)"
            try! extensions.write(toFile: folder + name + ".ext", atomically: true, encoding: .utf8)
            openssl(
                "x509 -req -in \(name).csr -CA authority.pem -CAkey authority.key -CAcreateserial -days \(days) "
                    + "-extfile \(name).ext -out \(name).pem")
            return (folder + name + ".pem", folder + name + ".key")
        }
        authority = makeAuthority("authority")
        stranger = makeAuthority("stranger")
        localhost = makeServer("localhost", names: "DNS:localhost,IP:127.0.0.1,IP:::1")
        elsewhere = makeServer("elsewhere", names: "DNS:elsewhere.example")
        expired = makeServer("expired", names: "DNS:localhost,IP:127.0.0.1", days: -1)
    }
}

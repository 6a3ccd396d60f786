/// Carriers' names for calls, streams and accounts.
enum CarrierIdentifier {
    /// Opaque to us, but visible ASCII of a bounded length: they go into records, paths and messages. Twilio's own are
    /// two letters and 32 digits, those of carriers that speak like it are not.
    static func isSane(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}

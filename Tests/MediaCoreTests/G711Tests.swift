import Testing

@testable import MediaCore

@Suite("G.711")
struct G711Tests {
    private static let names: [(G711, String)] = [(.muLaw, "mulaw"), (.aLaw, "alaw")]

    @Test("Every 16-bit sample gets the code that sox gives it", arguments: names)
    func encoding(law: G711, name: String) {
        let samples = (Int(Int16.min)...Int(Int16.max)).map { Int16($0) }
        var codes = [UInt8](repeating: 0, count: samples.count)
        var span = codes.mutableSpan
        law.encode(samples.span, into: &span)
        #expect(codes == goldenFile("\(name).codes"))
    }

    @Test("Every code gets the sample that sox gives it", arguments: names)
    func decoding(law: G711, name: String) {
        let codes = Array(UInt8.min...UInt8.max)
        let golden = goldenFile("\(name).samples")
        let expected = stride(from: 0, to: golden.count, by: 2).map { place in
            Int16(truncatingIfNeeded: Int(golden[place]) | Int(golden[place + 1]) << 8)
        }
        #expect(decoded(codes, law) == expected)
    }

    @Test("Decoding and encoding again keeps the code; μ-law's second zero becomes its first", arguments: G711.allCases)
    func roundTrip(law: G711) {
        for code in UInt8.min...UInt8.max {
            let expected: UInt8 = law == .muLaw && code == 0x7F ? 0xFF : code
            #expect(encoded(decoded([code], law), law) == [expected])
        }
    }

    @Test("Silence is what a sample of zero becomes", arguments: G711.allCases)
    func silence(law: G711) {
        #expect(encoded([0], law) == [law.silence])
    }

    @Test("Every length is coded to its end and no further", arguments: 0...33)
    func lengths(count: Int) {
        var codes = [UInt8](repeating: 0xEE, count: 40)
        var span = codes.mutableSpan
        G711.muLaw.encode([Int16](repeating: 0, count: count).span, into: &span)
        #expect(codes == [UInt8](repeating: 0xFF, count: count) + [UInt8](repeating: 0xEE, count: 40 - count))
    }

    private func encoded(_ samples: [Int16], _ law: G711) -> [UInt8] {
        var codes = [UInt8](repeating: 0, count: samples.count)
        var span = codes.mutableSpan
        law.encode(samples.span, into: &span)
        return codes
    }

    private func decoded(_ codes: [UInt8], _ law: G711) -> [Int16] {
        var samples = [Int16](repeating: 0, count: codes.count)
        var span = samples.mutableSpan
        law.decode(codes.span, into: &span)
        return samples
    }
}

import CallCore
import TestSupport
import Testing
import Timeline

@Suite("Token bucket")
struct TokenBucketTests {
    private let start = Instant(nanoseconds: 1_000_000_000_000)

    @Test("A burst is admitted, then one for each interval")
    func burstThenRate() {
        var bucket = TokenBucket(rate: 4, burst: 2)
        #expect(bucket.take(at: start) == .admitted)
        #expect(bucket.take(at: start) == .admitted)
        let next = start.advanced(by: .milliseconds(250))
        #expect(bucket.take(at: start) == .refused(until: next))
        #expect(bucket.take(at: next.advanced(byNanoseconds: -1)) == .refused(until: next))
        #expect(bucket.take(at: next) == .admitted)
        #expect(bucket.take(at: next) == .refused(until: start.advanced(by: .milliseconds(500))))
    }

    @Test("The burst is what one period admits unless said otherwise", arguments: [1, 30, 200])
    func defaultBurst(rate: Int) {
        var bucket = TokenBucket(rate: rate, per: .seconds(60))
        for _ in 0..<rate { #expect(bucket.take(at: start) == .admitted) }
        #expect(bucket.take(at: start) != .admitted)
        #expect(bucket.take(rate, at: start.advanced(by: .seconds(60))) == .admitted)
    }

    @Test("Several at once are all admitted or none")
    func several() {
        var bucket = TokenBucket(rate: 10, burst: 5)
        #expect(bucket.take(3, at: start) == .admitted)
        #expect(bucket.take(3, at: start) == .refused(until: start.advanced(by: .milliseconds(100))))
        #expect(bucket.take(2, at: start) == .admitted)
        #expect(bucket.take(6, at: start.advanced(by: .seconds(100))) == .tooMany)
    }

    @Test("A rate of zero is switched off")
    func unlimited() {
        var bucket = TokenBucket(rate: 0)
        for _ in 0..<100 { #expect(bucket.take(1_000_000, at: start) == .admitted) }
    }

    @Test("A bucket is full again once all that was taken has come back")
    func full() {
        var bucket = TokenBucket(rate: 10, burst: 5)
        #expect(bucket.isFull(at: start))
        #expect(bucket.take(3, at: start) == .admitted)
        #expect(!bucket.isFull(at: start.advanced(by: .milliseconds(299))))
        #expect(bucket.isFull(at: start.advanced(by: .milliseconds(300))))
    }

    @Test("A clock that steps back admits nothing early")
    func backwards() {
        var bucket = TokenBucket(rate: 1, burst: 1)
        #expect(bucket.take(at: start) == .admitted)
        #expect(bucket.take(at: .zero) == .refused(until: start.advanced(by: .seconds(1))))
    }

    @Test("No stretch of time sees more than the burst and the rate times its length", arguments: 1...40)
    func neverOverRate(seed: UInt64) {
        var generator = Seeded(seed: seed)
        let rate = Int.random(in: 1...997, using: &generator)
        let burst = Int.random(in: 1...50, using: &generator)
        var bucket = TokenBucket(rate: rate, burst: burst)
        var now = start
        var admitted: [Instant] = []
        for _ in 0..<3_000 {
            let step =
                Bool.random(using: &generator)
                ? 0 : Int64.random(in: 0...3_000_000_000 / Int64(rate), using: &generator)
            now = now.advanced(byNanoseconds: step)
            switch bucket.take(at: now) {
            case .admitted:
                admitted.append(now)
            case .refused(let until):
                #expect(until > now)
                if Bool.random(using: &generator) {
                    now = until
                    #expect(bucket.take(at: now) == .admitted)
                    admitted.append(now)
                }
            case .tooMany:
                Issue.record("one token is never too many")
            }
        }
        for first in stride(from: 0, to: admitted.count, by: 7) {
            for last in stride(from: first, to: min(first + 400, admitted.count), by: 3) {
                let length = Double(admitted[first].nanoseconds(to: admitted[last])) / 1e9
                #expect(Double(last - first + 1) <= Double(burst) + length * Double(rate) + 1e-6)
            }
        }
    }
}

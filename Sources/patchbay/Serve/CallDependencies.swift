internal import CallCore
internal import CallRuntime
internal import CarrierClient
internal import FrontDoor
internal import Telemetry
internal import Timeline
internal import UpstreamWire

/// What calls depend on beyond this machine, and how it is asked after: past the breakers, which are for calls, and
/// without a bill.
struct CallDependencies {
    private static let limit = Duration.seconds(3)
    private static let unasked =
        "without a key and an agent it cannot be asked but by a conversation, which costs; calls alone show how it is. "
        + "Set ELEVENLABS_API_KEY and ELEVENLABS_AGENT_ID"

    /// Opens a session and closes it as soon as the vendor has said hello.
    let openAI: UpstreamCheck?
    /// Asks for an address that nobody uses.
    let elevenLabs: ElevenLabsProvider?
    let carrier: TwilioControl?
    let gates: UpstreamGates

    func watch(with runner: ProbeRunner) {
        if let openAI {
            watch(.openAI, with: runner) { deadline throws(UpstreamFailure) in try await openAI.check(by: deadline) }
        }
        if let elevenLabs {
            if elevenLabs.canBeChecked {
                watch(.elevenLabs, with: runner) { deadline throws(UpstreamFailure) in
                    try await elevenLabs.check(by: deadline)
                }
            } else {
                let row = runner.addUnasked(
                    UpstreamVendor.elevenLabs.rawValue, why: Self.unasked, breaker: breaker(of: .elevenLabs))
                gates.watch(.elevenLabs) { took in row.succeeded(after: took) }
            }
        }
        guard let carrier else { return }
        let breaker: @Sendable () -> ComponentHealth.Breaker = { ComponentHealth.Breaker(carrier.breaker) }
        let probe = runner.add("carrier", isCritical: false, limit: Self.limit, breaker: breaker) {
            () throws(ProbeFailure) in
            do throws(CarrierControlError) {
                try await carrier.check(by: Self.deadline)
            } catch {
                throw ProbeFailure(error.message, code: error.code)
            }
        }
        carrier.watch { took in probe.succeeded(after: took) }
    }

    /// A session that a call got is as good as a probe.
    private func watch(
        _ vendor: UpstreamVendor, with runner: ProbeRunner,
        _ check: @escaping @Sendable (Deadline) async throws(UpstreamFailure) -> Void
    ) {
        let probe = runner.add(
            vendor.rawValue, isCritical: false, limit: Self.limit, breaker: breaker(of: vendor)
        ) { () throws(ProbeFailure) in
            do throws(UpstreamFailure) {
                try await check(Self.deadline)
            } catch {
                throw ProbeFailure("\(error.message) (\(error.detail))", code: error.code)
            }
        }
        gates.watch(vendor) { took in probe.succeeded(after: took) }
    }

    private func breaker(of vendor: UpstreamVendor) -> @Sendable () -> ComponentHealth.Breaker {
        { [gates] in ComponentHealth.Breaker(gates.condition(of: vendor, at: SystemClock.now())) }
    }

    private static var deadline: Deadline { Deadline(limit: limit, from: SystemClock.now()) }
}

extension ComponentHealth.Breaker {
    fileprivate init(_ condition: CircuitBreaker.Condition) {
        switch condition {
        case .closed: self = .closed
        case .halfOpen: self = .halfOpen
        case .open: self = .open
        }
    }
}

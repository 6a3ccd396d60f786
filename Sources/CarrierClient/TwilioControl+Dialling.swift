internal import Addresses
public import CallCore
internal import CarrierWire
internal import Timeline
internal import Wording

extension TwilioControl: CarrierDialling {
    /// For somebody to answer, until the carrier gives up.
    private static let ring = DialRules().ring

    public func dial(_ order: DialOrder) async throws(DialFailure) -> String {
        let request: TwilioRequest
        do throws(CarrierError) {
            request = try api.createCall(try Self.call(order))
        } catch {
            throw DialFailure(.refused, error.message)
        }
        do throws(AttemptOutcome) {
            return try await attempts(request) { answer throws(CarrierError) in try answer.call() }.id
        } catch {
            let failure = error.dialFailure
            // What was lost is looked for, and what comes later is tried again: only an end is an error.
            if failure.kind == .refused { _ = reported(error.error, about: order.call.description) }
            throw failure
        }
    }

    public func recentCalls(of order: DialOrder) async throws(CarrierControlError) -> [RecentCall] {
        let request = api.listCalls(from: order.from.unmasked, to: order.to.unmasked)
        do throws(AttemptOutcome) {
            let page = try await attempts(request) { answer throws(CarrierError) in try answer.calls() }
            return page.items.map { RecentCall(name: $0.id, createdAt: $0.created) }
        } catch {
            throw reported(error.error, about: order.call.description)
        }
    }

    /// Our id goes along in each address, so that a webhook tells which call it is of even if the answer was lost.
    private static func call(_ order: DialOrder) throws(CarrierError) -> TwilioNewCall {
        let voice = try url("/twilio/voice", order)
        let status = TwilioCallback(try url("/twilio/status", order), isRetried: true)
        let detection: TwilioNewCall.MachineDetection? =
            switch order.detection {
            case nil: nil
            case .early: .early(status)
            case .afterGreeting: .afterGreeting(status)
            }
        return TwilioNewCall(
            from: order.from, to: order.to, instructions: .ask(voice), statusCallback: status,
            ringSeconds: Int(ring.components.seconds), limitSeconds: min(86_400, order.limitSeconds),
            machineDetection: detection)
    }

    private static func url(_ path: String, _ order: DialOrder) throws(CarrierError) -> WebURL {
        guard let url = try? WebURL("\(order.base)\(path)?call=\(order.call)") else {
            throw .invalidParameter("public_url")
        }
        return url
    }
}

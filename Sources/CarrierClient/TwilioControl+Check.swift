public import CallCore
internal import CarrierWire
internal import HTTPLoop
internal import HTTPWire
public import Timeline

// How the carrier's API is, for those who look after it.
extension TwilioControl {
    /// Asks for the account itself: shows that the API is there, takes the credentials, and that the account is active. Once,
    /// and past the breaker, which is for calls.
    public func check(by deadline: Deadline) async throws(CarrierControlError) {
        let account: TwilioAccount
        do throws(AttemptOutcome) {
            account = try await fetchAccount(by: deadline)
        } catch {
            throw error.error
        }
        guard account.isActive else {
            throw .credentials(
                "The Twilio account is \(account.status), so it carries no calls. Settle that in Twilio's console.")
        }
    }

    private func fetchAccount(by deadline: Deadline) async throws(AttemptOutcome) -> TwilioAccount {
        let response: HTTPClientResponse
        do throws(HTTPClientError) {
            response = try await send(try message(api.fetchAccount(), deadline))
        } catch {
            throw AttemptOutcome(error)
        }
        let answer = TwilioAnswer(httpStatus: response.status, body: response.body, now: time.utc())
        do throws(CarrierError) {
            return try answer.account()
        } catch {
            throw AttemptOutcome(error)
        }
    }
}

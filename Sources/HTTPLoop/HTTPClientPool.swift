internal import Addresses
internal import HTTPWire
internal import SocketLoop
internal import Timeline

/// All connections of a client, by origin, and the requests that await one. On the client's loop.
final class HTTPClientPool {
    private struct Place {
        /// Connections that nobody needs, the latest last.
        var idle: [HTTPClientConnection] = []
        /// All that are open or being made.
        var count = 0
        var waiting: [HTTPClientExchange] = []

        var isEmpty: Bool { count == 0 && waiting.isEmpty }
    }

    let limits: HTTPClientLimits
    private let tls: TLSClientContext?
    private var places: [HTTPClientOrigin: Place] = [:]
    /// Once it was used.
    private var loop: LoopCore?
    private var isClosed = false

    init(tls: TLSClientContext?, limits: HTTPClientLimits) {
        self.tls = tls
        self.limits = limits
    }

    // MARK: requests

    func send(
        _ request: HTTPClientRequest, _ ticket: HTTPClientTicket, on loop: LoopCore, deadline: Instant,
        done: @escaping HTTPClientExchange.Done
    ) {
        guard !ticket.isCancelled else { return done(.failure(.cancelled)) }
        guard !isClosed, !loop.isEnding else { return done(.failure(.clientClosed)) }
        if self.loop == nil {
            self.loop = loop
            loop.whenEnding(self) { [weak self] in self?.close() }
        }
        precondition(!request.url.scheme.isSecure || tls != nil, "an https URL needs a TLS context")
        let exchange: HTTPClientExchange
        do throws(HTTPViolation) {
            exchange = try HTTPClientExchange(request, ticket, on: loop, deadline: deadline, done: done)
        } catch {
            return done(.failure(.unsendable(error)))
        }
        exchange.timeLimit = loop.schedule(at: exchange.deadline) { [self, unowned exchange] _ in
            exchange.timeLimit = nil
            // A dial ends at the same deadline, and knows better what took so long.
            if exchange.dial == nil { giveUp(exchange, .deadline) }
            return nil
        }
        begin(exchange)
    }

    func cancel(_ ticket: HTTPClientTicket) {
        ticket.isCancelled = true
        if let exchange = ticket.exchange { giveUp(exchange, .cancelled) }
    }

    /// Finds a connection for the exchange, or has it wait for one.
    func begin(_ exchange: HTTPClientExchange) {
        let place = places[exchange.origin] ?? Place()
        if !exchange.isSecondTry, let kept = places[exchange.origin]?.idle.popLast() {
            kept.carry(exchange, isKept: true)
        } else if place.count < limits.connectionsPerOrigin {
            dial(for: exchange)
        } else if place.waiting.count < limits.waitingPerOrigin {
            places[exchange.origin]?.waiting.append(exchange)
        } else {
            exchange.finish(.failure(.tooManyWaiting))
        }
    }

    private func giveUp(_ exchange: HTTPClientExchange, _ error: HTTPClientError) {
        let dial = exchange.dial
        let connection = exchange.connection
        places[exchange.origin]?.waiting.removeAll { $0 === exchange }
        exchange.finish(.failure(error))
        dial?.cancel()
        connection?.abandon()
    }

    // MARK: connections

    private func dial(for exchange: HTTPClientExchange) {
        let origin = exchange.origin
        places[origin, default: Place()].count += 1
        exchange.dial = exchange.loop.dial(
            origin.endpoint, tls: origin.isSecure ? tls : nil, deadline: exchange.deadline
        ) { [self] result in
            exchange.dial = nil
            switch result {
            case .success(let stream):
                let connection = HTTPClientConnection(stream, to: origin, pool: self)
                if exchange.isOver { release(connection) } else { connection.carry(exchange, isKept: false) }
            case .failure(let failure):
                exchange.finish(.failure(failure == .cancelled ? ended : .dial(failure)))
                lost(origin)
            }
        }
    }

    /// Why a dial was given up whose exchange was not.
    private var ended: HTTPClientError { isClosed || loop?.isEnding ?? false ? .clientClosed : .cancelled }

    /// The connection is free for whoever waits longest, or for later.
    func release(_ connection: HTTPClientConnection) {
        let origin = connection.origin
        guard !isClosed else {
            connection.abandon()
            return
        }
        if let next = takeWaiting(origin) {
            connection.carry(next, isKept: !next.isSecondTry)
        } else {
            places[origin]?.idle.append(connection)
            connection.rest(for: limits.idle)
        }
    }

    /// A connection is gone, or never came: there is room for another.
    func lost(_ connection: HTTPClientConnection) {
        places[connection.origin]?.idle.removeAll { $0 === connection }
        lost(connection.origin)
    }

    private func lost(_ origin: HTTPClientOrigin) {
        places[origin]?.count -= 1
        if let next = takeWaiting(origin) { dial(for: next) }
        if places[origin]?.isEmpty ?? false { places[origin] = nil }
    }

    private func takeWaiting(_ origin: HTTPClientOrigin) -> HTTPClientExchange? {
        guard let place = places[origin], !place.waiting.isEmpty else { return nil }
        return places[origin]?.waiting.removeFirst()
    }

    func close() {
        isClosed = true
        loop?.forgetEnding(self)
        loop = nil
        for place in places.values {
            for exchange in place.waiting { giveUp(exchange, .clientClosed) }
            for connection in place.idle { connection.abandon() }
        }
    }
}

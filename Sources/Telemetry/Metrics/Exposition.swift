internal import Timeline

/// Renders families in Prometheus's text exposition format 0.0.4.
struct Exposition {
    private(set) var text = ""

    mutating func append(_ family: MetricsRegistry.Family) {
        let series = family.series.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        guard let kind = series.first?.value.kind else { return }
        let description = family.description
        text += "# HELP \(description.name) \(Self.escaped(description.help, quotes: false))\n"
        text += "# TYPE \(description.name) \(kind)\n"
        for (values, series) in series {
            append(series, named: description.name, labels: zip(description.labels, values).map { ($0, $1) })
        }
    }

    private mutating func append(_ series: MetricsRegistry.Series, named name: String, labels: [(String, String)]) {
        switch series {
        case .counter(let counter): appendSample(name, labels, String(counter.value))
        case .gauge(let gauge): appendSample(name, labels, Self.number(gauge.value))
        case .reading(let read): appendSample(name, labels, Self.number(read()))
        case .histogram(let histogram): append(histogram.reading, named: name, labels: labels)
        }
    }

    private mutating func append(_ reading: Histogram.Reading, named name: String, labels: [(String, String)]) {
        var cumulative: UInt64 = 0
        for (bucket, count) in reading.counts.enumerated() {
            cumulative += count
            let bound = bucket < reading.bounds.count ? Self.number(reading.bounds[bucket].inSeconds) : "+Inf"
            appendSample("\(name)_bucket", labels + [("le", bound)], String(cumulative))
        }
        appendSample("\(name)_sum", labels, Self.number(reading.sum.inSeconds))
        appendSample("\(name)_count", labels, String(cumulative))
    }

    private mutating func appendSample(_ name: String, _ labels: [(String, String)], _ value: String) {
        text += name
        if !labels.isEmpty {
            let pairs = labels.map { "\($0)=\"\(Self.escaped($1, quotes: true))\"" }
            text += "{\(pairs.joined(separator: ","))}"
        }
        text += " \(value)\n"
    }

    private static func escaped(_ value: String, quotes: Bool) -> String {
        var result = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": result += #"\\"#
            case "\n": result += #"\n"#
            case "\"" where quotes: result += #"\""#
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func number(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "NaN" : value < 0 ? "-Inf" : "+Inf" }
        guard let whole = Int64(exactly: value), abs(whole) < 1 << 53 else { return value.description }
        return String(whole)
    }
}

extension MetricsRegistry.Series {
    fileprivate var kind: String {
        switch self {
        case .counter: "counter"
        case .gauge, .reading: "gauge"
        case .histogram: "histogram"
        }
    }
}

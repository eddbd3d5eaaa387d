import Datasets
import Foundation
import JSON
import PPO

/// A batch of rollouts while it is read.
struct PPORolloutReading {
  private var fields: FieldReading
  /// Everything that is wrong with it.
  var problems: [DataProblem] { fields.problems }

  static let sharedKeys = [
    "V", "pad", "eos", "temperature", "responses", "postprocessed", "sequence_lengths",
    "scores_in", "policy_logits", "ref_logits", "logprobs_raw", "ref_logprobs_raw", "values_in",
    "new_logits", "new_logprobs", "new_values", "cases", "origin",
  ]

  init(json: Data, file: String) {
    fields = FieldReading(
      json, file: file, example: #"{"responses": [[5, 2]], "pad": 0, "eos": 2, …}"#)
  }

  /// The rollouts, or nil with everything that is wrong in ``problems``.
  mutating func read() -> PPORollout? {
    guard problems.isEmpty else { return nil }
    fields.refuseUnknown(known: Self.sharedKeys + PPOOptions.keys)
    fields.require("pad", "eos", "responses", "scores_in", "values_in")
    for (logits, logProbabilities) in [
      ("policy_logits", "logprobs_raw"), ("ref_logits", "ref_logprobs_raw"),
    ] where fields.value(logits, logProbabilities) == nil {
      fields.complain(
        "neither '\(logProbabilities)' nor '\(logits)' is there", "give one of the two")
    }
    let (pad, end) = (fields.whole("pad") ?? 0, fields.whole("eos") ?? 0)
    let temperature = fields.number("temperature") ?? 0.7
    if !(temperature > 0) { fields.complain("'temperature' is \(temperature)", "it is above 0") }
    let responses = fields.wholeRows("responses") ?? []
    guard problems.isEmpty, checkShape(responses) else { return nil }
    let shape = Shape(rows: responses.count, columns: responses[0].count)
    let postprocessed =
      fields.wholeRows("postprocessed")
      ?? responses.map { truncated($0, end: end, pad: pad) }
    check(postprocessed, shape, "postprocessed")
    guard problems.isEmpty else { return nil }
    let reader = LogProbabilityReading(
      responses: responses, temperature: temperature,
      tokenCounts: CompletionLayout(padded: postprocessed, padToken: pad).tokenCounts)
    let old = reader.read(&fields, "logprobs_raw", "policy_logits")
    let reference = reader.read(&fields, "ref_logprobs_raw", "ref_logits")
    let new = reader.read(&fields, "new_logprobs", "new_logits")
    let values = fields.rows("values_in") ?? []
    check(values, shape, "values_in")
    let newValues = fields.rows("new_values") ?? values
    check(newValues, shape, "new_values")
    let scores = fields.numbers("scores_in") ?? []
    if scores.count != shape.rows {
      fields.complain(
        "'scores_in' has \(scores.count) values for \(shape.rows) responses", "one for each")
    }
    guard problems.isEmpty, let old, let reference else { return nil }
    var rollout = PPORollout(
      pad: pad, end: end, temperature: temperature, responses: responses,
      postprocessed: postprocessed, scores: scores, logProbabilities: old.values,
      referenceLogProbabilities: reference.values,
      newLogProbabilities: new?.values ?? old.values, meanEntropy: new?.meanEntropy,
      values: values, newValues: newValues)
    checkLengths(rollout)
    rollout.cases = readCases()
    return problems.isEmpty ? rollout : nil
  }

  /// The size of a matrix.
  private struct Shape: Equatable { var rows, columns: Int }

  private mutating func checkShape(_ responses: [[Int]]) -> Bool {
    let width = responses.first?.count ?? 0
    if width == 0 || responses.contains(where: { $0.count != width }) {
      fields.complain(
        "'responses' has rows of \(responses.map(\.count)) tokens",
        "pad all rows to one width of at least 1")
    }
    return problems.isEmpty
  }

  private mutating func check<Element>(_ rows: [[Element]], _ shape: Shape, _ key: String) {
    if rows.count != shape.rows || rows.contains(where: { $0.count != shape.columns }) {
      fields.complain(
        "'\(key)' has rows of \(rows.map(\.count)) values",
        "give \(shape.rows) rows of \(shape.columns), as in 'responses'")
    }
  }

  /// TRL's `truncate_response`: the first end token stays, and everything after it becomes padding.
  private func truncated(_ response: [Int], end: Int, pad: Int) -> [Int] {
    guard let last = response.firstIndex(of: end) else { return response }
    return response.indices.map { $0 <= last ? response[$0] : pad }
  }

  /// Lengths that somebody gives must be those that the padding gives.
  private mutating func checkLengths(_ rollout: PPORollout) {
    let counted = rollout.layout.tokenCounts.map { $0 - 1 }
    if let given = fields.numbers("sequence_lengths"), given != counted.map({ Double($0) }) {
      fields.complain(
        "'sequence_lengths' is \(given.map { Int($0) }), but the padding says \(counted)",
        "the index of the last token before the first pad, or remove the key")
    }
    if rollout.layout.tokenCounts.allSatisfy({ $0 == 0 }) {
      fields.complain(
        "no completion has a token before its first pad",
        "give one a token; is 'pad' the end token?")
    }
  }

  private mutating func readCases() -> [PPOCase] {
    var options = PPOOptions()
    options.read(&fields)
    guard let value = fields.value("cases") else { return [PPOCase(options: options)] }
    guard case .object(let members) = value, !members.isEmpty else {
      fields.complain("'cases' is not an object of cases", "write {\"name\": {\"gamma\": 0.99}}")
      return []
    }
    return members.map { readCase($0, over: options) }
  }

  private mutating func readCase(_ member: JSONValue.Member, over options: PPOOptions) -> PPOCase {
    guard case .object(let members) = member.value else {
      fields.complain("the case '\(member.key)' is not an object", "write {} for the defaults")
      return PPOCase(name: member.key, options: options)
    }
    var own = FieldReading(members: members, file: fields.file)
    var options = options
    options.read(&own)
    own.refuseUnknown(known: PPOOptions.keys + PPOExplanation.keys)
    fields.add(own.problems)
    let outcomes = members.filter { PPOExplanation.keys.contains($0.key) }
    return PPOCase(
      name: member.key, options: options,
      expected: Dictionary(
        outcomes.map { ($0.key, flattened($0.value)) }, uniquingKeysWith: { first, _ in first }))
  }
}

/// Log-probabilities of responses, given as such or as logits.
private struct LogProbabilityReading {
  let responses: [[Int]]
  let temperature: Double
  /// Tokens of each response before its padding, where TRL leaves a log-probability of 1.
  let tokenCounts: [Int]
  /// How far the two may be apart where both are given.
  private static let tolerance = 1e-3

  struct Result {
    var values: [[Double]]
    var meanEntropy: Double?
  }

  /// The values under one of two keys; nil where neither is there or one is wrong.
  func read(_ fields: inout FieldReading, _ direct: String, _ logits: String) -> Result? {
    let count = fields.problems.count
    let given = fields.rows(direct)
    if let given, given.map(\.count) != responses.map(\.count) {
      fields.complain(
        "'\(direct)' has rows of \(given.map(\.count)) values", "give one for each token")
    }
    for (i, row) in (given ?? []).enumerated() {
      for (j, value) in row.enumerated() where value > 0 && j < tokenCounts[i] {
        fields.complain("\(direct)[\(i)][\(j)] is \(value)", "no log-probability is above 0")
      }
    }
    let computed = fields.cube(logits).flatMap { fromLogits($0, &fields, logits) }
    guard fields.problems.count == count else { return nil }
    if let given, let computed { compare(given, computed.values, &fields, direct, logits) }
    return given.map { Result(values: $0, meanEntropy: computed?.meanEntropy) } ?? computed
  }

  private func fromLogits(
    _ logits: [[[Double]]], _ fields: inout FieldReading, _ key: String
  ) -> Result? {
    let size = fields.whole("V") ?? logits.first?.first?.count ?? 0
    guard logits.map(\.count) == responses.map(\.count),
      logits.allSatisfy({ $0.allSatisfy { $0.count == size } })
    else {
      fields.complain("'\(key)' is not B × T × V", "give \(size) logits for each token")
      return nil
    }
    guard responses.allSatisfy({ $0.allSatisfy((0..<size).contains) }) else {
      fields.complain("'responses' has a token outside 0…\(size - 1)", "tokens index the logits")
      return nil
    }
    var (values, entropies): ([[Double]], [Double]) = ([], [])
    for (rows, tokens) in zip(logits, responses) {
      let all = rows.map { logSoftmax($0.map { $0 / (temperature + 1e-7) }) }
      values.append(zip(all, tokens).map { $0[$1] })
      entropies += all.map { row in -row.reduce(0) { $0 + exp($1) * $1 } }
    }
    return Result(values: values, meanEntropy: entropies.reduce(0, +) / Double(entropies.count))
  }

  private func compare(
    _ given: [[Double]], _ computed: [[Double]], _ fields: inout FieldReading, _ direct: String,
    _ logits: String
  ) {
    for (i, (row, other)) in zip(given, computed).enumerated() {
      for (j, (value, expected)) in zip(row, other).enumerated()
      where j < tokenCounts[i] && abs(value - expected) > Self.tolerance * max(1, abs(expected)) {
        fields.complain(
          "\(direct)[\(i)][\(j)] is \(value), but '\(logits)' at this temperature gives \(expected)",
          "give one of the two keys alone")
      }
    }
  }
}

/// The logarithms of softmax probabilities, without overflow.
private func logSoftmax(_ logits: [Double]) -> [Double] {
  let largest = logits.max() ?? 0
  let sum = logits.reduce(0) { $0 + exp($1 - largest) }
  return logits.map { $0 - largest - log(sum) }
}

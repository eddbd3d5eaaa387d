import Datasets
import Explanations
import Foundation
import TestSupport
import Testing
import Workbench

/// `tandem explain ppo` on the numbers that TRL's own source computed, and on inputs of its own.
@Suite struct PPOExplanationTests {
  static let names = ["default_k1", "k3", "whiten_rewards", "missing_eos_1", "gamma.99_lam.9"]

  /// TRL's document as JSON.
  static func numbersOfTRL() throws -> [String: Any] {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let data = try Data(contentsOf: tests.appending(path: "Fixtures/ppo_trl_1.12.0.json"))
    return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  /// The same with the options of each case, after which the file names its cases.
  static func fixture() throws -> [String: Any] {
    var document = try numbersOfTRL()
    let options: [String: [String: Any]] = [
      "k3": ["kl_estimator": "k3"], "whiten_rewards": ["whiten_rewards": true],
      "missing_eos_1": ["missing_eos_penalty": 1.0],
      "gamma.99_lam.9": ["gamma": 0.99, "lam": 0.9],
    ]
    let cases = try #require(document["cases"] as? [String: [String: Any]])
    document["cases"] = Dictionary(
      uniqueKeysWithValues: cases.map { name, outcomes in
        (name, outcomes.merging(options[name] ?? [:]) { own, _ in own })
      })
    return document
  }

  static func explain(_ document: [String: Any]) throws -> PPOExplanation {
    let data = try JSONSerialization.data(withJSONObject: document)
    return PPOExplanation(of: try PPORollout(json: data, name: "rollout.json"))
  }

  /// All numbers and truth values of a JSON value.
  static func numbers(_ value: Any?) -> [Double] {
    if let list = value as? [Any] { return list.flatMap(numbers) }
    return (value as? NSNumber).map { [$0.doubleValue] } ?? []
  }

  @Test func everyQuantityOfEveryCaseIsTheFixtures() throws {
    let cases = try #require(try Self.numbersOfTRL()["cases"] as? [String: [String: Any]])
    #expect(Set(cases.keys) == Set(Self.names))
    let document = try Self.explain(try Self.fixture()).document
    for (name, expected) in cases {
      let ours = try #require(document["cases"]?[name])
      #expect(Set(expected.keys) == Set(PPOExplanation.keys))
      for (key, value) in expected {
        let (mine, theirs) = (try #require(ours[key]).flattened, Self.numbers(value))
        #expect(largestDifference(mine, theirs) < 1e-5, "\(name) \(key)")
      }
    }
  }

  @Test func differencesFromTheFileAreNamed() throws {
    let document = try Self.explain(try Self.fixture()).document
    for name in Self.names {
      let differences = try #require(document["cases"]?[name]?["differences"])
      for key in PPOExplanation.keys {
        #expect(try #require(differences[key]).flattened[0] < 1e-5, "\(name) \(key)")
      }
    }
  }

  /// The fixture with one setting instead of its cases.
  func single(_ options: [String: Any], without keys: [String] = []) throws -> [String: Any] {
    var fixture = try Self.fixture()
    for key in keys + ["cases"] { fixture[key] = nil }
    return fixture.merging(options) { $1 }
  }

  @Test(arguments: [
    ("k3", "kl_estimator", "k3" as any Sendable), ("whiten_rewards", "whiten_rewards", true),
    ("missing_eos_1", "missing_eos_penalty", 1.0), ("default_k1", "kl_coef", 0.05),
  ])
  func optionsAreThoseOfTRL(name: String, key: String, value: any Sendable) throws {
    let cases = try Self.explain(try Self.fixture()).document["cases"]
    let expected = try #require(cases?[name])
    let own = try Self.explain(try single([key: value])).document
    for key in PPOExplanation.keys {
      #expect(own[key] != nil && own[key] == expected[key], "\(key)")
    }
  }

  @Test func whatIsLeftOutIsComputed() throws {
    let whole = try Self.explain(try single([:])).document
    let keys = ["postprocessed", "sequence_lengths", "logprobs_raw", "ref_logprobs_raw", "V"]
    let less = try Self.explain(try single([:], without: keys)).document
    for key in PPOExplanation.keys {
      let difference = largestDifference(
        whole[key]?.flattened ?? [], less[key]?.flattened ?? [.nan])
      #expect(difference < 1e-5, "\(key)")
    }
  }

  // MARK: Inputs that are not in the fixtures

  /// Two completions of four places over tokens 0…3, end 2, padding 3.
  func small(_ changes: [String: Any]) -> [String: Any] {
    let rows = [[-0.5, -1.0, -0.25, -2], [-1.5, -0.75, -1, -0.5]]
    return [
      "pad": 3, "eos": 2, "responses": [[0, 2, 1, 1], [1, 1, 0, 2]], "scores_in": [1, -1],
      "values_in": [[0.5, 0.25, -0.5, 9], [0.1, 0.2, 0.3, 0.4]], "logprobs_raw": rows,
      "ref_logprobs_raw": rows.map { $0.map { $0 - 0.25 } },
    ].merging(changes) { $1 }
  }

  @Test func byHand() throws {
    // First completion: end at 1, so slots 0, 1, 2 with the score at 2; k1 = 0.25 a token, β = 0.1.
    let document = try Self.explain(small(["kl_coef": 0.1, "lam": 1])).document
    #expect(document["actual_end"] == .whole([2, 3]))
    #expect(document["sequence_lengths"] == .whole([1, 3]))
    #expect(
      document["padding_mask"]
        == .flags([[false, false, true, true], [false, false, false, false]]))
    let rewards = try #require(document["rewards"]).flattened
    #expect(
      largestDifference(
        rewards, [-0.025, -0.025, 1, 0, -0.025, -0.025, -0.025, -1.025]) < 1e-12)
    // λ = 1: the return of a slot is the sum of the rewards from it on.
    let returns = try #require(document["returns"]).flattened
    #expect(
      largestDifference(returns, [0.95, 0.975, 1, 0, -1.1, -1.075, -1.05, -1.025]) < 1e-12)
    #expect(document["ratio.mean"] == .number(1) && document["approxkl"] == .number(0))
    #expect(document["entropy.mean"] == ExplainedValue.none)
    // No value moved: ½ mean (V − R)² over seven slots.
    let errors = [0.45, 0.725, 1.5, 1.2, 1.275, 1.35, 1.425]
    let expected = errors.reduce(0) { $0 + $1 * $1 } / 14
    #expect(abs((document["vf_loss"]?.flattened[0] ?? 0) - expected) < 1e-12)
  }

  /// TRL's INVALID_LOGPROB is 1, above every logarithm of a probability.
  @Test func whatTRLLeavesInThePaddingIsNotRead() throws {
    let filled = [[-0.5, -1, 1, 1], [-1.5, -0.75, -1, -0.5]]
    let (plain, masked) = (
      try Self.explain(small([:])).document,
      try Self.explain(small(["logprobs_raw": filled])).document
    )
    for key in PPOExplanation.keys {
      #expect(plain[key] != nil && plain[key] == masked[key], "\(key)")
    }
    #expect(throws: DataError.self) {
      try Self.explain(small(["logprobs_raw": [[1, -1, -1, -1], filled[1]]]))
    }
  }

  /// k3 of a log-ratio of 500 is beyond float32, which is named, and its square beyond a Double.
  @Test func advantagesOfOneHugePenaltyAreThoseOfItsPlace() throws {
    let rows = [[-500.5, -1.0, -0.25, -2], [-1.5, -0.75, -1, -0.5]]
    let document = try Self.explain(
      small(["logprobs_raw": rows, "kl_estimator": "k3", "lam": 0, "gamma": 0])
    ).document
    // Of six tokens one lies far below the others: −5/√6·…, the rest at +1/√6 deviations.
    let advantages = try #require(document["advantages"]).flattened
    #expect(abs(advantages[0] + 5 / 6.0.squareRoot()) < 1e-6)
    #expect(abs(advantages[1] - 1 / 6.0.squareRoot()) < 1e-6)
    guard case .texts(let named)? = document["overflows"] else {
      Issue.record("no overflows")
      return
    }
    #expect(named.contains { $0.hasPrefix("kl[0][0] overflows single precision") })
  }

  @Test func aSingleTokenHasNoVariance() throws {
    let document = try Self.explain([
      "pad": 3, "eos": 2, "responses": [[1]], "scores_in": [1], "values_in": [[0]],
      "logprobs_raw": [[-1]], "ref_logprobs_raw": [[-1]], "whiten_rewards": true,
    ]).document
    guard case .texts(let named)? = document["overflows"] else {
      Issue.record("no overflows")
      return
    }
    #expect(named.count == 2 && named.allSatisfy { $0.contains("NaN in TRL") })
  }

  @Test func completionsWithoutAnEndFillTheWidthAndArePenalised() throws {
    let document = try Self.explain(
      small(["responses": [[0, 1, 1, 1], [1, 1, 0, 0]], "missing_eos_penalty": 2])
    ).document
    #expect(document["scores"] == .numbers([-1, -3]))
    #expect(document["actual_end"] == .whole([3, 3]))
  }

  @Test func oneTokenCompletionsHaveTwoSlots() throws {
    let document = try Self.explain(small(["responses": [[2, 0, 0, 0], [2, 1, 1, 1]]])).document
    #expect(document["actual_end"] == .whole([1, 1]))
    let advantages = try #require(document["advantages"]).flattened
    // Two unmasked tokens, whitened: ±1/√2.
    #expect(abs(abs(advantages[0]) - 0.5.squareRoot()) < 1e-6 && advantages[1] == 0)
  }

  @Test func aSingleTokenHasNoVarianceAndThatIsNamed() throws {
    let document = try Self.explain([
      "pad": 3, "eos": 2, "responses": [[2]], "scores_in": [1], "values_in": [[0.5]],
      "logprobs_raw": [[-0.5]], "ref_logprobs_raw": [[-0.5]],
    ]).document
    #expect(document["advantages"] == .rows([[0]]))
    guard case .texts(let named)? = document["overflows"] else {
      Issue.record("nothing overflows")
      return
    }
    #expect(named.count == 1 && named[0].contains("no variance"))
  }

  @Test func paddingThatIsTheEndHidesIt() throws {
    let document = try Self.explain(small(["pad": 2])).document
    // The end tokens at 1 and 3 count as padding.
    #expect(document["sequence_lengths"] == .whole([0, 2]))
    #expect(document["scores"] == .numbers([1, -1]))
  }

  @Test func ratiosOfExp500AreNamedAndNothingIsNaN() throws {
    var rows = [[-0.5, -1.0, -0.25, -2], [-501.5, -0.75, -1, -0.5]]
    let old: [String: Any] = ["logprobs_raw": rows, "ref_logprobs_raw": rows]
    rows[1][0] = -1.5
    let far = try Self.explain(small(old.merging(["new_logprobs": rows]) { $1 })).document
    guard case .texts(let named)? = far["overflows"] else {
      Issue.record("nothing overflows")
      return
    }
    #expect(
      named.count == 1 && named[0].hasPrefix("ratio[1][0] overflows single precision: exp(500"))
    let numbers = PPOExplanation.keys.flatMap { far[$0]?.flattened ?? [] }
    #expect(numbers.filter(\.isNaN).isEmpty)
    #expect(far["ratio.mean"]?.flattened == [(exp(500) + 7) / 8])
    // The other way round the ratio is 0 and nothing overflows.
    let near = try Self.explain(
      small(["new_logprobs": old["logprobs_raw"] ?? []])
    ).document
    #expect(near["overflows"] == .texts([]))
    #expect(try #require(near["pg_loss"]).flattened[0].isFinite)
  }

  @Test func k3Of500IsNamed() throws {
    var rows = [[-0.5, -1.0, -0.25, -2], [-501.5, -0.75, -1, -0.5]]
    let policy = rows
    rows[1][0] = -1.5
    let document = try Self.explain(
      small(["logprobs_raw": policy, "ref_logprobs_raw": rows, "kl_estimator": "k3"])
    ).document
    guard case .texts(let named)? = document["overflows"] else {
      Issue.record("nothing overflows")
      return
    }
    #expect(named.contains { $0.hasPrefix("kl[1][0] overflows single precision") })
    // Numbers beyond a double are named and null, never NaN as text.
    let json = try encodeRecord(document)
    let text = String(decoding: json, as: UTF8.self)
    #expect(!text.contains("NaN\"") && !text.contains("Infinity\""))
  }

  @Test func tableHasEveryQuantityWithItsEquation() throws {
    let sections = try Self.explain(try single([:])).sections
    let names = Set(sections.flatMap { $0.rows.map(\.name) })
    for key in PPOExplanation.keys {
      #expect(names.contains(key) || names.contains("\(key)[0]"), "\(key)")
    }
    let compared = try Self.explain(try Self.fixture()).sections
    #expect(compared.contains { $0.title.contains("k3: Differences") })
  }

  // MARK: Mistakes

  static let mistakes: [(changes: [String: any Sendable], fragment: String)] = [
    (["respnses": [[1]]], "did you mean 'responses'"), (["scores_in": [1]], "'scores_in' has 1"),
    (["values_in": [[1.0], [1.0]]], "'values_in' has rows of [1, 1]"),
    (["pad": 1.5], "'pad' is 1.5"),
    (["kl_estimator": "k4"], "unknown kl_estimator 'k4'; did you mean 'k1'"),
    (["whiten_rewards": 1], "'whiten_rewards' is neither"), (["temperature": 0], "'temperature'"),
    (["gamma": 2], "'gamma' is 2"), (["sequence_lengths": [3, 3]], "'sequence_lengths' is [3, 3]"),
    (["responses": [[0, 2, 1, 1], [1, 1, 0]]], "'responses' has rows"),
    (["responses": "many"], "'responses' is not a list"),
    (["logprobs_raw": [[0.5, 0, 0, 0], [0, 0, 0, 0]]], "logprobs_raw[0][0] is 0.5"),
    (["cases": [1, 2]], "'cases' is not an object"),
    (["pad": 0, "eos": 1], "no completion has a token"),
  ]

  @Test(arguments: mistakes.indices) func everyMistakeIsNamed(index: Int) throws {
    let (changes, fragment) = Self.mistakes[index]
    var document = small(changes)
    if changes["eos"] != nil { document["responses"] = [[0, 0, 0, 0], [0, 1, 1, 1]] }
    do {
      _ = try Self.explain(document)
      Issue.record("read \(changes)")
    } catch let error as DataError {
      #expect("\(error)".contains(fragment), "\(error)")
      #expect(ExitStatus(for: error) == .data)
    }
  }

  @Test func allMistakesAreListedTogether() throws {
    do {
      _ = try Self.explain(["pad": 1.5, "eos": 2, "gama": 1])
      Issue.record("read")
    } catch DataError.invalid(let problems, _) {
      #expect(problems.count >= 5)
    }
  }

  @Test func logitsThatContradictLogProbabilitiesAreRefused() throws {
    var document = try single([:])
    document["temperature"] = 1
    #expect(throws: DataError.self) { try Self.explain(document) }
  }
}

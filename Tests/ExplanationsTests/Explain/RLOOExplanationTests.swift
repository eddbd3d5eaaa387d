import Datasets
import Explanations
import Foundation
import TestSupport
import Testing

@Suite struct RLOOExplanationTests {
  /// TRL's numbers as JSON.
  static func fixture() throws -> [String: Any] {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let data = try Data(contentsOf: tests.appending(path: "Fixtures/trl-rloo.json"))
    let file = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    return try #require(file["rloo"] as? [String: Any])
  }

  static func explain(_ document: [String: Any]) throws -> RLOOExplanation {
    let data = try JSONSerialization.data(withJSONObject: document)
    return RLOOExplanation(of: try RLOOGroups(json: data, name: "groups.json"))
  }

  @Test func everySettingIsTheFixtures() throws {
    let fixture = try Self.fixture()
    let explanation = try Self.explain(fixture)
    #expect(Set(explanation.names) == ["beta0", "beta0.05", "beta0.05_normalized"])
    for name in explanation.names {
      let expected = try #require(fixture[name] as? [String: Any])
      #expect(!expected.isEmpty, "\(name)")
      for (key, value) in expected {
        let ours = explanation.document[name]?[key]?.flattened ?? [.nan]
        let theirs = PPOExplanationTests.numbers(value)
        #expect(largestDifference(ours, theirs) < 1e-5, "\(name) \(key)")
      }
    }
    #expect(explanation.document["beta0"]?["kl"] == ExplainedValue.none)
  }

  @Test func clippedLossIsTheFixtures() throws {
    let fixture = try Self.fixture()
    let clipped = try #require(fixture["clipped_loss"] as? [String: Any])
    let loss = try Self.explain(fixture).document["beta0"]?["loss"]?.flattened
    #expect(abs((loss?[0] ?? .nan) - (clipped["loss"] as? Double ?? .nan)) < 1e-5)
  }

  @Test func theWholeFixtureFileIsAccepted() throws {
    let fixture = try Self.fixture()
    let whole = try Self.explain(["rloo_trl_1.16.0": fixture, "kto_trl_1.16.0": [:]])
    #expect(try whole.document == Self.explain(fixture).document)
  }

  /// Two prompts of two completions, two tokens wide.
  func small(_ changes: [String: Any] = [:]) -> [String: Any] {
    [
      "rewards": [1, 3, 2, 2], "num_generations": 2,
      "old_per_token_logps": [[-1, -1], [-2, -1], [-1, -3], [-1, -1]],
      "ref_per_token_logps": [[-1, -1], [-1, -1], [-1, -1], [-1, -1]],
      "completion_mask": [[1, 1], [1, 1], [1, 0], [1, 1]],
    ].merging(changes) { $1 }
  }

  @Test func byHand() throws {
    // KL 0, −1, 0 (its second token is masked), 0 at β = 1: R = 1, 4, 2, 2.
    let document = try Self.explain(small(["beta": 1])).document
    #expect(document["kl"] == .numbers([0, -1, 0, 0]))
    #expect(document["rewards"] == .numbers([1, 4, 2, 2]))
    #expect(document["baselines"] == .numbers([4, 1, 2, 2]))
    #expect(document["advantages"] == .numbers([-3, 3, 0, 0]))
    #expect(document["loss"] == .number(0) && document["ratio"] == .numbers([1, 1, 1, 1]))
  }

  @Test func newLogProbabilitiesMakeRatiosOfCompletions() throws {
    let new = [[-0.5, -1.0], [-2, -1], [-1, -9], [-1, -1]]
    let document = try Self.explain(small(["new_per_token_logps": new, "beta": 0])).document
    #expect(document["log_ratio"] == .numbers([0.5, 0, 0, 0]))
    // A = −2, 2: −(−2)·e^0.5 and −2·1, over four.
    let loss = try #require(document["loss"]).flattened[0]
    #expect(abs(loss - (2 * exp(0.5) - 2) / 4) < 1e-12)
  }

  @Test func ratiosOfExp500AreNamed() throws {
    let document = try Self.explain(small(["log_ratio": [500, -500, 500, -500], "beta": 0]))
      .document
    guard case .texts(let named)? = document["overflows"] else {
      Issue.record("nothing overflows")
      return
    }
    #expect(named.count == 2 && named[0].hasPrefix("ratio[0][0] overflows"))
    let all = ["advantages", "ratio", "loss", "clipfrac"].flatMap {
      document[$0]?.flattened ?? [.nan]
    }
    #expect(all.filter { !$0.isFinite }.isEmpty)
  }

  static let mistakes: [(changes: [String: any Sendable], fragment: String)] = [
    (["num_generations": 1], "leave-one-out needs 2"),
    (["num_generations": 3], "4 rewards do not make groups of 3"),
    (["completion_mask": [[1, 1]]], "'completion_mask' has rows"),
    (["completion_mask": [[1, 2], [1, 1], [1, 1], [1, 1]]], "a mask is 0 or 1"),
    (["bta": 1], "did you mean 'beta'"), (["log_ratio": [1.0]], "'log_ratio' has 1"),
  ]

  @Test(arguments: mistakes.indices) func everyMistakeIsNamed(index: Int) throws {
    do {
      _ = try Self.explain(small(Self.mistakes[index].changes))
      Issue.record("read")
    } catch let error as DataError {
      #expect("\(error)".contains(Self.mistakes[index].fragment), "\(error)")
    }
  }

  @Test func tableShowsEveryStep() throws {
    let sections = try Self.explain(Self.fixture()).sections
    let names = Set(sections.flatMap { $0.rows.map(\.name) })
    #expect(names.isSuperset(of: ["kl", "rewards", "baselines", "advantages", "loss"]))
    #expect(sections.count == 6)
  }
}

import DPO
import Datasets
import Explanations
import Foundation
import TestSupport
import Testing
import Workbench

/// The fixtures of TRL and of the DPO paper's repository, through the command's document.
@Suite struct DPOExplanationTests {
  private func recorded(_ name: String) throws -> [String: NSObject] {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let data = try Data(contentsOf: tests.appending(path: "Fixtures/\(name)"))
    return try #require(JSONSerialization.jsonObject(with: data) as? [String: NSObject])
  }

  private let columns = [
    "chosen_logps", "rejected_logps", "ref_chosen_logps", "ref_rejected_logps",
    "completion_lens_chosen", "completion_lens_rejected",
  ]

  private func document(_ members: [String: NSObject]) throws -> [String: NSObject] {
    let input = try PairInput(
      json: JSONSerialization.data(withJSONObject: members), name: "pairs.json")
    let data = try encodeRecord(DPOExplanation(of: input))
    return try #require(JSONSerialization.jsonObject(with: data) as? [String: NSObject])
  }

  private func input(_ settings: [String: NSObject] = [:]) throws -> [String: NSObject] {
    let fixture = try recorded("dpo_trl_1.16.0.json")
    let columns = fixture.filter { self.columns.contains($0.key) }
    return columns.merging(settings) { $1 }
  }

  private func numbers(_ value: NSObject?) -> [Double] {
    if let list = value as? [NSNumber] { return list.map(\.doubleValue) }
    return (value as? NSNumber).map { [$0.doubleValue] } ?? []
  }

  private func agree(_ found: NSObject?, _ expected: NSObject?) -> Bool {
    let (found, expected) = (numbers(found), numbers(expected))
    return !expected.isEmpty && found.count == expected.count
      && zip(found, expected).allSatisfy { abs($0 - $1) < 1e-5 * max(1, abs($1) / 10) }
  }

  @Test(arguments: [0.0, 0.1], FDivergenceKind.allCases)
  func everyLossIsTRLsUnderTRLsKeys(smoothing: Double, divergence: FDivergenceKind) throws {
    let key = "label_smoothing=\(smoothing),f=\(divergence.rawValue)"
    let expected = try #require(
      recorded("dpo_trl_1.16.0.json")[key] as? [String: NSObject])
    let document = try document(
      input([
        "label_smoothing": smoothing as NSNumber,
        "f_divergence_type": divergence.rawValue as NSString, "beta": 0.1 as NSNumber,
      ]))
    let block = try #require(document[key] as? [String: NSObject])
    #expect(!expected.isEmpty)
    for (name, values) in expected { #expect(agree(block[name], values), "\(key) \(name)") }
    #expect(document["losses"] == block as NSObject)
  }

  @Test func metricsAreTRLsUnderTRLsKeys() throws {
    let fixture = try recorded("dpo_trl_1.16.0.json")
    let document = try document(input(["label_smoothing": 0.1 as NSNumber]))
    let metrics = fixture.filter { $0.key.contains("/") || $0.key.contains("(cDPO)") }
    #expect(metrics.count > 4)
    for (name, value) in metrics {
      #expect(agree(document[name], value), "\(name)")
    }
  }

  @Test func aFixtureIsAnInputAsItIs() throws {
    let fixture = try recorded("dpo_trl_1.16.0.json")
    let document = try document(fixture)
    #expect(document["schema"] as? String == "tandem.explain.dpo/1")
    // And so is a document: explaining it again changes nothing.
    #expect(try self.document(document) == document)
  }

  @Test func trainersWithoutAReferenceAreTRLsAndThePapers() throws {
    let fixture = try recorded("preferences_trl.json")
    let official = fixture["official_dpo_f8b8c0f"] as? [String: [String: NSObject]]
    let free = try document(input(["reference_free": true as NSNumber]))
    #expect(
      agree(
        (free["losses"] as? [String: NSObject])?["sigmoid"], official?["reference_free"]?["losses"])
    )
    let cases = try #require(
      fixture["cpo_trl_1.12.0 (ipo,simpo use mean logps)"] as? [String: NSObject])
    for (name, settings, key) in [
      ("sigmoid", [:], "sigmoid,beta=0.1,{}"), ("hinge", [:], "hinge,beta=0.1,{}"),
      ("ipo", [:], "ipo,beta=0.1,{}"), ("simpo", [:], "simpo,beta=0.1,{'simpo_gamma': 0.5}"),
      ("simpo", ["beta": 2 as NSNumber], "simpo,beta=2.0,{'simpo_gamma': 0.5}"),
      (
        "sigmoid", ["label_smoothing": 0.1 as NSNumber],
        "sigmoid,beta=0.1,{'label_smoothing': 0.1}"
      ),
    ] as [(String, [String: NSObject], String)] {
      let cpo = try document(input(settings))["cpo"] as? [String: NSObject]
      #expect(agree(cpo?[name], cases[key]), "\(key)")
    }
    let orpo = try #require(
      fixture["orpo_trl_1.12.0 (mean logps; total loss = nll - losses.mean())"]
        as? [String: NSObject])
    let document = try document(input())
    for key in ["losses(beta*logsigmoid(log_odds))", "log_odds_ratio", "log_odds_chosen"] {
      #expect(agree(document[key], orpo[key]), "\(key)")
    }
  }

  private func pair(
    _ columns: [Double], tokens: [Int]? = [1, 1], _ settings: [String: NSObject] = [:]
  ) throws -> [String: NSObject] {
    var members = settings
    for (name, value) in zip(self.columns, columns) { members[name] = [value] as NSArray }
    if let tokens {
      members["completion_lens_chosen"] = [tokens[0]] as NSArray
      members["completion_lens_rejected"] = [tokens[1]] as NSArray
    }
    return try document(members)
  }

  @Test func completionsOfOneTokenNeedNoDivision() throws {
    let losses = try #require(pair([-1, -2, -1.5, -1.25])["losses"] as? [String: NSObject])
    // h = 0.5 + 0.75, whole and per token.
    #expect(agree(losses["sigmoid"], losses["sigmoid_norm"]))
    #expect(agree(losses["ipo"], losses["ipo_sum"]))
    #expect(numbers(losses["ipo"]) == [(1.25 - 5) * (1.25 - 5)])
  }

  @Test func aTieIsLogTwoAndCountsAsWrong() throws {
    let document = try pair([-3, -3, -4, -4])
    let losses = try #require(document["losses"] as? [String: NSObject])
    #expect(abs(numbers(losses["sigmoid"])[0] - log(2)) < 1e-15)
    #expect(numbers(document["rewards/accuracies"]) == [0])
    #expect(numbers(document["rewards/margins"]) == [0])
  }

  @Test(arguments: [FDivergenceKind.reverseKL, .jensenShannon, .alpha])
  func logRatiosOfFiveHundredAreFinite(divergence: FDivergenceKind) throws {
    let names: [String: NSObject] = ["f_divergence_type": divergence.rawValue as NSString]
    for columns in [[-510.0, -10, -10, -510], [-10, -510, -510, -10], [-510, -510, -10, -10]] {
      let document = try pair(columns, tokens: [40, 7], names)
      let overflows = try #require(document["overflows"] as? [[String: NSObject]])
      // The square of an α-divergence's score is the one formula that leaves the range.
      let squares = ["ipo", "ipo_sum"]
      let others = overflows.filter { !squares.contains($0["loss"] as? String ?? "") }
      #expect(others.isEmpty && (divergence == .alpha || overflows.isEmpty))
    }
  }

  @Test func aForwardKLThatOverflowsIsNamed() throws {
    let document = try pair(
      [-510, -10, -10, -510], ["f_divergence_type": "forward_kl" as NSString])
    let losses = try #require(document["losses"] as? [String: [NSObject]])
    #expect(losses["sigmoid"] == [NSNull()] && losses["apo_zero"] != [NSNull()])
    let overflows = try #require(document["overflows"] as? [[String: NSObject]])
    let named = overflows.first { $0["loss"] == "sigmoid" as NSString }
    #expect(named?["pair"] == 0 as NSNumber)
    #expect((named?["reason"] as? String)?.contains("overflow") == true)
    // The other way round the loss is zero, although a score is beyond range.
    let other = try pair([-10, -510, -510, -10], ["f_divergence_type": "forward_kl" as NSString])
    let finite = try #require(other["losses"] as? [String: NSObject])
    #expect(numbers(finite["sigmoid"]) == [0] && numbers(finite["hinge"]) == [0])
  }

  @Test func oddsThatAreNotDefinedAreNamed() throws {
    // Probability one has infinite odds, and ∞ − ∞ is nothing.
    let document = try pair([0, 0, -1, -1])
    let overflows = try #require(document["overflows"] as? [[String: NSObject]])
    #expect(overflows.map { $0["value"] } == ["nan", "nan", "nan"] as [NSString])
    #expect(overflows.allSatisfy { ($0["loss"] as? String)?.hasPrefix("orpo") == true })
  }

  @Test func withoutLengthsLossesPerTokenAreLeftOut() throws {
    let document = try pair([-1, -2, -1.5, -1.25], tokens: nil)
    let losses = try #require(document["losses"] as? [String: NSObject])
    #expect(losses["sigmoid"] != nil && losses["nca_pair"] != nil)
    for name in ["ipo", "sigmoid_norm", "simpo", "orpo", "cpo", "sft", "r_dpo"] {
      #expect(losses[name] == nil, "\(name)")
    }
    #expect(document["log_odds_ratio"] == nil)
  }

  @Test func aLossCanBeNamed() throws {
    let one = try pair([-1, -2, -1.5, -1.25], ["loss_type": "hinge" as NSString])
    #expect((one["losses"] as? [String: NSObject])?.keys.sorted() == ["hinge"])
    let two = try pair([-1, -2, -1.5, -1.25], ["loss_type": ["ipo", "aot"] as NSArray])
    #expect((two["losses"] as? [String: NSObject])?.keys.sorted() == ["aot", "ipo"])
  }

  @Test func everyRowOfTheTableHasItsEquation() throws {
    let input = try PairInput(
      json: JSONSerialization.data(
        withJSONObject: input(["f_divergence_type": "forward_kl" as NSString])), name: "p")
    let rows = DPOExplanation(of: input).sections.flatMap(\.rows)
    #expect(rows.filter { $0.equation.isEmpty || $0.value.isEmpty }.isEmpty)
    for kind in PairInput.explained { #expect(rows.contains { $0.name == kind.rawValue }) }
  }
}

@Suite struct PairInputTests {
  private let columns =
    #""chosen_logps":[-1,-2],"rejected_logps":[-1,-2],"ref_chosen_logps":[-1,-2],"ref_rejected_logps":[-1,-2]"#

  private func refusal(_ text: String) -> String {
    do {
      _ = try PairInput(json: Data(text.utf8), name: "pairs.json")
      return "accepted"
    } catch { return "\(error)" }
  }

  @Test(arguments: [
    (#", "beta": 0"#, "'beta' is 0"), (#", "beta": "0.1""#, "'beta' is not a number"),
    (#", "bta": 1"#, "did you mean 'beta'?"), (#", "label_smoothing": 0.5"#, "0 ≤ ε < 0.5"),
    (#", "loss_type": "ipol""#, "did you mean 'ipo'?"), (#", "loss_type": "kto""#, "explain kto"),
    (#", "loss_type": 3"#, "is not a word"), (#", "f_divergence_type": "kl""#, "reverse_kl"),
    (#", "completion_lens_chosen": [1, 2]"#, "give both or neither"),
    (#", "completion_lens_chosen": [1], "completion_lens_rejected": [1, 2]"#, "has 1 values"),
    (#", "completion_lens_chosen": [1, -2], "completion_lens_rejected": [1, 2]"#, "is -2"),
    (#", "completion_lens_chosen": [1, 1.5], "completion_lens_rejected": [1, 2]"#, "is 1.5"),
    (#", "beta": 1e999"#, "is inf"), (#", "discopop_tau": 0"#, "τ > 0"),
    (#", "rpo_alpha": -1"#, "0 or more"), (#", "reference_free": "yes""#, "neither true nor false"),
    (#", "beta": 1, "beta": 2"#, "appears twice"), (#", "beta": NaN"#, "malformed JSON"),
  ])
  func aMistakeIsRefusedWithItsReason(addition: String, fragment: String) {
    let text = refusal("{\(columns)\(addition)}")
    #expect(text.hasPrefix("pairs.json") && text.contains(fragment), "\(text)")
  }

  @Test(arguments: [
    ("", "malformed JSON"), ("[1]", "expected an object"), ("{}", "'chosen_logps' is missing"),
    (
      #"{"chosen_logps":[],"rejected_logps":[],"ref_chosen_logps":[],"ref_rejected_logps":[]}"#,
      "empty"
    ),
    (
      #"{"chosen_logps":[-1],"rejected_logps":[-1,-2],"ref_chosen_logps":[-1],"ref_rejected_logps":[-1]}"#,
      "'rejected_logps' has 2 values but 'chosen_logps' has 1"
    ),
    (
      #"{"chosen_logps":[null],"rejected_logps":[-1],"ref_chosen_logps":[-1],"ref_rejected_logps":[-1]}"#,
      "chosen_logps[0] is not a number"
    ),
  ])
  func aDocumentWithoutPairsIsRefused(text: String, fragment: String) {
    let refusal = refusal(text)
    #expect(refusal.contains(fragment), "\(refusal)")
  }

  @Test func everyMistakeIsNamedAtOnce() {
    let text = refusal("{\(columns), \"beta\": -1, \"label_smoothing\": 2, \"loss_type\": \"x\"}")
    #expect(text.split(separator: "\n").count == 3)
  }
}

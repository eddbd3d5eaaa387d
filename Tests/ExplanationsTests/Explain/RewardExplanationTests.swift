import Datasets
import Explanations
import Foundation
import Testing
import Workbench

/// The reward and KTO fixtures of TRL, through the commands' documents.
@Suite struct RewardExplanationTests {
  private func recorded(_ key: String) throws -> [String: NSObject] {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let data = try Data(contentsOf: tests.appending(path: "Fixtures/preferences_trl.json"))
    let fixture = try JSONSerialization.jsonObject(with: data) as? [String: NSObject]
    return try #require(fixture?[key] as? [String: NSObject])
  }

  private func object(_ value: some Encodable) throws -> [String: NSObject] {
    try #require(
      JSONSerialization.jsonObject(with: encodeRecord(value)) as? [String: NSObject])
  }

  private func reward(_ text: String) throws -> [String: NSObject] {
    try object(RewardExplanation(of: RewardInput(json: Data(text.utf8), name: "r.json")))
  }

  private func kto(_ members: [String: NSObject]) throws -> [String: NSObject] {
    let json = try JSONSerialization.data(withJSONObject: members)
    return try object(KTOExplanation(of: KTOInput(json: json, name: "k.json")))
  }

  private func number(_ value: NSObject?) -> Double { (value as? NSNumber)?.doubleValue ?? .nan }

  private func agree(_ found: NSObject?, _ expected: NSObject?) -> Bool {
    if let lists = (found, expected) as? ([NSNumber], [NSNumber]) {
      return lists.0.count == lists.1.count && !lists.1.isEmpty
        && zip(lists.0, lists.1).allSatisfy { abs($0.doubleValue - $1.doubleValue) < 1e-5 }
    }
    return abs(number(found) - number(expected)) < 1e-5
  }

  @Test func everyNumberOfTheRewardTrainerIsTRLs() throws {
    var fixture = try recorded("reward_trl_1.16.0")
    fixture["center_rewards_coefficient"] = 0.01 as NSNumber
    let text = String(
      decoding: try JSONSerialization.data(withJSONObject: fixture), as: UTF8.self)
    let document = try reward(text)
    #expect(fixture.count > 4)
    for (key, value) in fixture where key != "center_rewards_coefficient" {
      #expect(agree(document[key], value), "\(key)")
    }
    #expect(document["schema"] as? String == "tandem.explain.reward/1")
  }

  @Test(arguments: [0.5, 0])
  func aDocumentOfTheRewardTrainerIsExplainedAgain(coefficient: Double) throws {
    let text = #"{"rewards_chosen": [1, 2], "rewards_rejected": [0, 4], "margin": [0.5, 0], "#
    let once = try reward(text + "\"center_rewards_coefficient\": \(coefficient)}")
    let written = try JSONSerialization.data(withJSONObject: once)
    #expect(try reward(String(decoding: written, as: UTF8.self)) == once)
    #expect(once["loss_center_\(coefficient)"] != nil)
  }

  @Test func aDocumentOfTheKTOTrainerIsExplainedAgain() throws {
    var members = try recorded("kto_trl_1.16.0").filter { !($0.value is NSDictionary) }
    (members["KL_logps"], members["ref_KL_logps"]) = ([-3] as NSArray, [-4] as NSArray)
    let once = try kto(members)
    #expect(try kto(once) == once)
  }

  @Test func aLossBeyondFloat32IsNamed() throws {
    // (2·10²⁰)² = 4·10⁴⁰ > 3.4·10³⁸.
    let document = try reward(
      #"{"rewards_chosen": [1e20, 1], "rewards_rejected": [1e20, 0], "center_rewards_coefficient": 1}"#
    )
    let named = try #require(document["overflows"] as? [String])
    #expect(named.count == 1 && named[0].hasPrefix("losses[0] overflows single precision"))
    let losses = try #require(document["losses"] as? [NSNumber]).map(\.doubleValue)
    #expect(abs(losses[0] - 4e40) < 1e26 && losses[1] < 2)
    #expect(
      (try reward(#"{"rewards_chosen": [1], "rewards_rejected": [0]}"#))["overflows"] == []
        as NSArray)
  }

  @Test func optionsThatAreNullAreNotSet() throws {
    let text = #"{"rewards_chosen": [1], "rewards_rejected": [0]"#
    let bare = try reward(text + "}")
    #expect(try reward(text + #", "margin": null, "center_rewards_coefficient": null}"#) == bare)
  }

  @Test func rankingsNeedNoPairs() throws {
    let document = try reward(#"{"rankings": [[2, 1, 0.5], [1, 1]]}"#)
    // −log(e²/(e² + e + √e))·(e/(e + √e)), and log 2.
    let weights = [2.0, 1, 0.5].map { exp($0) }
    let order =
      -log(weights[0] / weights.reduce(0, +)) - log(weights[1] / (weights[1] + weights[2]))
    let found = try #require(document["losses_plackett_luce"] as? [NSNumber]).map(\.doubleValue)
    #expect(abs(found[0] - order) < 1e-12 && abs(found[1] - log(2)) < 1e-15)
    let pairs = [1, 1.5, 0.5].map { log1p(exp(-$0)) }.reduce(0, +) / 3
    let means = try #require(document["losses_all_pairs"] as? [NSNumber]).map(\.doubleValue)
    #expect(abs(means[0] - pairs) < 1e-12 && document["loss_plain"] == nil)
  }

  @Test func scoresFarApartStayFinite() throws {
    let document = try reward(
      #"{"rewards_chosen": [500, -500, 3], "rewards_rejected": [-500, 500, 3]}"#)
    let losses = try #require(document["losses"] as? [NSNumber]).map(\.doubleValue)
    #expect(losses.prefix(2) == [0, 1000] && abs(losses[2] - log(2)) < 1e-15)
    #expect(number(document["accuracy_strict_gt"]) == 1.0 / 3)
    #expect(number(document["accuracy_ties_half"]) == 0.5)
    #expect(number(document["expected_calibration_error"]).isFinite)
  }

  @Test(arguments: [
    ("{}", "there is no score"), (#"{"rewards_chosen": [1]}"#, "has 0 values"),
    (#"{"rewards_chosen": [1], "rewards_rejected": [1], "margin": [1, 2]}"#, "'margin' has 2"),
    (#"{"rewards_chosen": [1], "rewards_rejected": [1], "margins": [1]}"#, "did you mean 'margin'"),
    (
      #"{"rewards_chosen": [1], "rewards_rejected": [1], "center_rewards_coefficient": -1}"#,
      "0 or more"
    ),
    (#"{"rewards_chosen": [1e39], "rewards_rejected": [1]}"#, "beyond the float32"),
    (#"{"rewards_chosen": [1], "rewards_rejected": null}"#, "has 0 values"),
    (#"{"rankings": [[1]]}"#, "two or more"),
    (#"{"rankings": [1]}"#, "'rankings[0]' is not a list of numbers"),
    (#"{"rankings": 1}"#, "list of lists"),
  ])
  func scoresThatMakeNoSenseAreRefused(text: String, fragment: String) {
    let error = #expect(throws: DataError.self) {
      try RewardInput(json: Data(text.utf8), name: "r.json")
    }
    #expect(error.map { "\($0)".contains(fragment) } == true, "\(String(describing: error))")
  }

  @Test(arguments: ["kto_pos_kl", "kto_neg_kl_clamped", "apo_zero_unpaired"])
  func everyNumberOfTheKTOTrainerIsTRLs(name: String) throws {
    let all = try recorded("kto_trl_1.16.0")
    let expected = try #require(all[name] as? [String: NSObject])
    var members = all.filter { !($0.value is NSDictionary) }
    for key in ["KL_logps", "ref_KL_logps"] { members[key] = expected[key] }
    if name == "apo_zero_unpaired" { members["loss_type"] = name as NSString }
    let document = try kto(members)
    for key in ["kl", "losses(des*chosen||und*rejected)", "loss"] {
      #expect(agree(document[key], expected[key]), "\(key)")
    }
  }

  @Test func completionsOfOneKindAreEnough() throws {
    let document = try kto([
      "chosen_logps": [-510] as NSArray, "ref_chosen": [-10] as NSArray,
      "KL_logps": [-3] as NSArray, "ref_KL_logps": [-4] as NSArray, "beta": 1 as NSNumber,
    ])
    #expect(number(document["loss"]) == 1 && document["rewards/rejected"] == NSNull())
    #expect(document["rewards/margins"] == NSNull() && number(document["rewards/chosen"]) == -500)
  }

  @Test(arguments: [
    (#"{"beta": 1}"#, "there is no completion"),
    (#"{"chosen_logps": [-1]}"#, "its reference has 0"),
    (#"{"chosen_logps": [-1], "ref_chosen": [-1]}"#, "'KL_logps' and 'ref_KL_logps' are missing"),
    (
      #"{"chosen_logps": [-1], "ref_chosen": [-1], "loss_type": "apo"}"#, "apo_zero_unpaired"
    ),
    (
      #"{"chosen_logps": [-1], "ref_chosen": [-1], "KL_logps": [-1], "ref_KL_logps": [-1], "beta": 0}"#,
      "β > 0"
    ),
  ])
  func completionsThatMakeNoSenseAreRefused(text: String, fragment: String) {
    let error = #expect(throws: DataError.self) {
      try KTOInput(json: Data(text.utf8), name: "k.json")
    }
    #expect(error.map { "\($0)".contains(fragment) } == true, "\(String(describing: error))")
  }

  @Test func everyRowOfTheTablesHasItsEquation() throws {
    let reward = RewardExplanation(
      of: try RewardInput(
        json: Data(#"{"rewards_chosen": [1], "rewards_rejected": [2], "rankings": [[1, 2]]}"#.utf8),
        name: "r.json"))
    let kto = KTOExplanation(
      of: try KTOInput(
        json: Data(
          #"{"chosen_logps": [-1], "ref_chosen": [-1], "loss_type": "apo_zero_unpaired"}"#.utf8),
        name: "k.json"))
    for sections in [reward.sections, kto.sections] {
      #expect(sections.count == (sections.first?.title.contains("divergence") == true ? 2 : 3))
      #expect(sections.flatMap(\.rows).filter { $0.equation.isEmpty }.isEmpty)
    }
  }
}

import Foundation

/// The numbers of Tests/Fixtures/ppo_trl_1.12.0.json, which TRL's own source text computed.
struct TRLFixture: Decodable {
  struct Case: Decodable {
    var paddingMask, paddingMaskPlusOne: [[Bool]]
    var kl, rewards, advantages, returns, values: [[Double]]
    var actualEnd: [Int]
    var scores: [Double]
    var objectiveKL, nonScoreReward, rlhfReward, entropy: Double
    var valueLoss, valueClippedFraction, policyLoss, loss, policyClippedFraction: Double
    var approximateKL, meanRatio, meanEntropy: Double

    enum CodingKeys: String, CodingKey {
      case kl, rewards, advantages, returns, values, scores, loss
      case paddingMask = "padding_mask"
      case paddingMaskPlusOne = "padding_mask_p1"
      case actualEnd = "actual_end"
      case objectiveKL = "objective/kl"
      case nonScoreReward = "objective/non_score_reward"
      case rlhfReward = "objective/rlhf_reward"
      case entropy = "objective/entropy_masked(1.12)"
      case valueLoss = "vf_loss"
      case valueClippedFraction = "vf_clipfrac"
      case policyLoss = "pg_loss"
      case policyClippedFraction = "pg_clipfrac"
      case approximateKL = "approxkl"
      case meanRatio = "ratio.mean"
      case meanEntropy = "entropy.mean"
    }
  }

  var pad, eos: Int
  var temperature: Double
  var responses, postprocessed: [[Int]]
  var lengths: [Int]
  var scores: [Double]
  var policyLogits, referenceLogits, newLogits: [[[Double]]]
  var values, newValues: [[Double]]
  var logProbabilities, referenceLogProbabilities: [[Double]]
  var cases: [String: Case]

  enum CodingKeys: String, CodingKey {
    case pad, eos, temperature, responses, postprocessed, cases
    case lengths = "sequence_lengths"
    case scores = "scores_in"
    case policyLogits = "policy_logits"
    case referenceLogits = "ref_logits"
    case newLogits = "new_logits"
    case values = "values_in"
    case newValues = "new_values"
    case logProbabilities = "logprobs_raw"
    case referenceLogProbabilities = "ref_logprobs_raw"
  }

  static func load() throws -> TRLFixture {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let file = folder.appending(path: "Fixtures/ppo_trl_1.12.0.json")
    return try JSONDecoder().decode(TRLFixture.self, from: Data(contentsOf: file))
  }
}

/// The first numbers of each row: what TRL's masks let through.
func unpadded<Element>(_ rows: [[Element]], _ counts: [Int]) -> [[Element]] {
  zip(rows, counts).map { Array($0.prefix($1)) }
}

/// The largest difference between two arrays of equal length; infinite if they differ in length.
func largestDifference(_ a: [Double], _ b: [Double]) -> Double {
  guard a.count == b.count else { return .infinity }
  return zip(a, b).map { abs($0 - $1) }.reduce(0) { $1.isNaN ? .infinity : max($0, $1) }
}

/// The largest difference between rows.
func largestDifference(_ a: [[Double]], _ b: [[Double]]) -> Double {
  guard a.map(\.count) == b.map(\.count) else { return .infinity }
  return largestDifference(a.flatMap { $0 }, b.flatMap { $0 })
}

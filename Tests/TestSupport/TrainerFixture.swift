public import Autograd
import Foundation
public import TensorKernels

/// Reads a file of `Tests/Fixtures`.
public func fixture<Contents: Decodable>(_ name: String, as type: Contents.Type) throws -> Contents
{
  let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  return try JSONDecoder().decode(
    type, from: Data(contentsOf: tests.appending(path: "Fixtures/\(name)")))
}

/// Ten updates of each trainer as PyTorch and transformers compute them in float64.
///
/// `Tests/Fixtures/make_trainers.py` wrote the numbers; its formulas for weights and pairs are
/// repeated here. Every batch is the whole data set.
public struct TrainerFixture: Decodable {
  /// log π₀ of the chosen completions.
  public let chosenLogProbabilities: [Double]
  /// log π₀ of the rejected completions.
  public let rejectedLogProbabilities: [Double]
  /// A row of metrics an update, under the names of TRL.
  public let sft, reward, dpo, rmsPropDPO: [[String: Double]]

  private enum CodingKeys: String, CodingKey {
    case chosenLogProbabilities = "chosen_logps"
    case rejectedLogProbabilities = "rejected_logps"
    case sft, reward, dpo
    case rmsPropDPO = "dpo_rmsprop"
  }

  /// Reads the committed numbers.
  public static func load() throws -> TrainerFixture {
    try fixture("trainers_torch.json", as: TrainerFixture.self)
  }

  /// The twelve pairs: one to four words and the end token 2, some rejected ones cut before it.
  public static let pairs = (0..<12).map { index in
    (
      prompt: [1, 3 + index % 8], chosen: completion(index, side: 0),
      rejected: completion(index, side: 1)
    )
  }

  private static func completion(_ index: Int, side: Int) -> [Int] {
    let words = (0...(index + side) % 4).map { place -> Int in
      let word = index * 5 + side * 3 + place * (2 + side)
      return 3 + word % 8
    }
    return words + (side == 1 && index % 3 == 0 ? [] : [2])
  }

  /// Weights 0.4·sin(1.7·i + bytes of the name), gains 1 + a quarter of that.
  public static func fill(_ parameters: inout ParameterSet<Float>) {
    for (position, name) in parameters.names.enumerated() {
      let phase = Double(name.utf8.reduce(0) { $0 + Int($1) })
      parameters.values[position] = parameters.values[position].indices.map { index in
        let wave = 0.4 * sin(1.7 * Double(index) + phase)
        return Float(name.hasSuffix("norm.weight") ? 1 + wave / 4 : wave)
      }
    }
  }
}

/// The largest difference between the fixture's rows and those of a trainer, by name.
///
/// A name that the trainer does not log counts as infinitely wrong.
public func largestDifferences(
  _ rows: [[String: Double]], from expected: [[String: Double]]
) -> [String: Double] {
  var differences: [String: Double] = [:]
  for (row, wanted) in zip(rows, expected) {
    for (name, value) in wanted {
      let difference = row[name].map { abs($0 - value) } ?? .infinity
      differences[name] = max(differences[name] ?? 0, difference)
    }
  }
  return differences
}

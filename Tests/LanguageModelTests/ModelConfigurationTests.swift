import Autograd
import Foundation
import LanguageModel
import Testing

@Suite struct ModelConfigurationTests {
  @Test(arguments: [true, false])
  func parameterCountIsThatOfTheModel(tiedHead: Bool) {
    let configuration = tinyConfiguration(tiedHead: tiedHead)
    let model = tinyModel(configuration, as: Float.self)
    #expect(configuration.parameterCount == model.parameters.scalarCount)
  }

  @Test(arguments: zip(ModelPreset.allCases, [0.12e6, 0.9e6, 5e6]))
  func presetsAreAboutAsLargeAsTheySay(preset: ModelPreset, size: Double) throws {
    let vocabularySize = preset == .medium ? 512 : 180
    let configuration = preset.configuration(vocabularySize: vocabularySize, maximumLength: 64)
    try configuration.validate()
    #expect(abs(Double(configuration.parameterCount) / size - 1) < 0.06)
  }

  @Test func forwardFLOPsCountEveryProduct() {
    // Two layers, d 8, four heads of 2 on two key heads, feed-forward 6, seven tokens.
    let layer = 8 * 8 + 2 * 4 * 8 + 8 * 8 + 3 * 8 * 6
    let perToken = 2 * (2 * layer + 7 * 8)
    let configuration = tinyConfiguration()
    #expect(configuration.forwardFLOPs(tokens: 5) == Double(5 * perToken))
    // A sequence of 3: positions see 1, 2 and 3 keys of 8 coordinates, twice, multiply and add.
    let attention = 2 * (1 + 2 + 3) * 8 * 2 * 2
    #expect(configuration.forwardFLOPs(sequenceLengths: [3]) == Double(3 * perToken + attention))
    #expect(
      configuration.forwardFLOPs(sequenceLengths: [3, 3]) == Double(2 * (3 * perToken + attention)))
  }

  @Test(arguments: ModelPreset.allCases)
  func configurationsSurviveJSON(preset: ModelPreset) throws {
    let configuration = preset.configuration(vocabularySize: 99, maximumLength: 40)
    let data = try JSONEncoder().encode(configuration)
    #expect(try JSONDecoder().decode(ModelConfiguration.self, from: data) == configuration)
    #expect(ModelPreset(rawValue: "\(preset)") == preset)
  }

  @Test func errorsSpeakInSentences() {
    let error = ModelError.shapeMismatch(tensor: "w", expected: [2, 3], found: [3])
    #expect("\(error)" == "tensor 'w' has shape [3], this model expects [2, 3]")
    #expect("\(ModelError.missingTensor("w"))" == "tensor 'w' is missing")
    #expect("\(ModelError.unexpectedTensor("w"))" == "tensor 'w' is not part of this model")
  }

  @Test func contradictionsAreNamed() {
    var configuration = tinyConfiguration()
    configuration.keyValueHeads = 3
    #expect(throws: ModelError.self) { try configuration.validate() }
    configuration = tinyConfiguration()
    configuration.headDimension = 3
    #expect(throws: ModelError.self) { try configuration.validate() }
    configuration = tinyConfiguration()
    configuration.layers = 0
    #expect(throws: ModelError.impossibleConfiguration("layers is 0, it must be at least 1")) {
      try configuration.validate()
    }
    configuration = tinyConfiguration()
    configuration.ropeTheta = .nan
    #expect(throws: ModelError.self) { try configuration.validate() }
  }
}

@Suite struct ModelLimitTests {
  private func refusal(_ change: (inout ModelConfiguration) -> Void) -> String? {
    var configuration = tinyConfiguration()
    change(&configuration)
    do {
      try configuration.validate()
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test func everySizeMustBePositive() {
    let sizes: [(String, WritableKeyPath<ModelConfiguration, Int>)] = [
      ("layers", \.layers), ("hiddenSize", \.hiddenSize), ("heads", \.heads),
      ("intermediateSize", \.intermediateSize), ("keyValueHeads", \.keyValueHeads),
      ("headDimension", \.headDimension), ("vocabularySize", \.vocabularySize),
      ("maximumLength", \.maximumLength),
    ]
    for (name, path) in sizes {
      for size in [0, -1, Int.min] {
        #expect(
          refusal { $0[keyPath: path] = size }
            == "impossible model: \(name) is \(size), it must be at least 1")
      }
    }
  }

  @Test func sizesBeyondTheirLimitAreRefusedWithoutOverflowing() {
    let limit = 1 << 24
    #expect(refusal { $0.maximumLength = limit } == nil)
    #expect(
      refusal { $0.maximumLength = limit + 1 } == "impossible model: a size is above \(limit)")
    #expect(refusal { $0.vocabularySize = .max } == "impossible model: a size is above \(limit)")
    #expect(
      refusal { ($0.heads, $0.keyValueHeads, $0.headDimension) = (limit, limit, 2) }
        == "impossible model: a size is above \(limit)")
  }

  // Each size is allowed; their product is no number of parameters that an Int could hold.
  @Test func modelWhoseParametersCannotBeCountedIsRefused() {
    let huge = refusal {
      ($0.layers, $0.hiddenSize, $0.intermediateSize) = (1 << 24, 1 << 24, 1 << 24)
    }
    #expect(huge?.contains("parameters, at most 2⁴⁸ can be counted") == true)
    // 2²⁴ layers of the tiny model's width are read and counted.
    #expect(refusal { $0.layers = 1 << 24 } == nil)
  }

  @Test(arguments: [(0.0, 1e-5), (-1, 1e-5), (.infinity, 1e-5), (1e4, -1e-9), (1e4, .nan)])
  func constantsOutsideTheirRangeAreRefused(theta: Double, epsilon: Double) {
    let found = refusal { ($0.ropeTheta, $0.normEpsilon) = (theta, epsilon) }
    #expect(found?.hasPrefix("impossible model: rope theta ") == true)
    #expect(refusal { $0.normEpsilon = 0 } == nil)
  }
}

@Suite struct CostTests {
  @Test func trainingCostsThreeTimesTheForwardPass() {
    let configuration = tinyConfiguration()
    let forward = Cost.forward(through: configuration, sequenceLengths: [4, 2])
    let training = Cost.training(configuration, sequenceLengths: [4, 2])
    #expect(forward.tokensForward == 6 && forward.tokensBackward == 0)
    #expect(training.tokensForward == 6 && training.tokensBackward == 6)
    #expect(training.flops == 3 * configuration.forwardFLOPs(sequenceLengths: [4, 2]))
  }

  @Test func costsAddUpFieldByField() {
    let one = Cost(labels: 1, tokensForward: 2, tokensBackward: 3, rollouts: 4, flops: 5)
    var sum = one + Cost(labels: 10, tokensForward: 20, tokensBackward: 30, rollouts: 40, flops: 50)
    let expected = Cost(
      labels: 11, tokensForward: 22, tokensBackward: 33, rollouts: 44, flops: 55)
    #expect(sum == expected)
    sum += Cost()
    #expect(sum == expected)
  }
}

import Autograd
import Foundation
import LanguageModel
import TestSupport
import Testing
import Tokenization

private let tokens = SpecialTokens(begin: 1, end: 2, pad: 0)

/// A safetensors file from text and data, with the header's length before it.
private func safetensors(_ entries: [(name: String, type: String, shape: [Int], data: [UInt8])])
  -> [UInt8]
{
  var (header, data): ([String], [UInt8]) = ([], [])
  for entry in entries {
    let end = data.count + entry.data.count
    header.append(
      #""\#(entry.name)":{"dtype":"\#(entry.type)","shape":\#(entry.shape),"data_offsets":[\#(data.count),\#(end)]}"#
    )
    data += entry.data
  }
  let text = Array("{\(header.joined(separator: ","))}".utf8)
  return GGUFBytes.littleEndian(UInt64(text.count)) + text + data
}

/// Folders as other tools write them.
@Suite struct ForeignCheckpointTests {
  private func withModel<Result>(
    tiedHead: Bool = true, _ body: (Checkpoint, Transformer<Float>) throws -> Result
  ) throws -> Result {
    try inTemporaryFolder { folder in
      let model: Transformer<Float> = tinyModel(tinyConfiguration(tiedHead: tiedHead))
      let checkpoint = Checkpoint(folder: folder.appending(path: "model"))
      try checkpoint.write(model, tokens: tokens)
      return try body(checkpoint, model)
    }
  }

  private func tensors(
    of model: Transformer<Float>, names: [String]? = nil
  ) -> [SafetensorsFile.Tensor] {
    (names ?? model.parameters.names).map { name in
      let shape = model.parameters.shape(of: name)
      return .init(
        name: name, shape: name.contains("norm") ? [shape.columns] : [shape.rows, shape.columns],
        values: model.parameters[name])
    }
  }

  /// Every pattern of sixteen bits that is a finite number, in both formats, against Swift's own.
  @Test func sixteenBitWeightsAreWidenedExactly() throws {
    let patterns = (UInt16.min...UInt16.max).filter { Float16(bitPattern: $0).isFinite }
    let file = try SafetensorsFile(
      bytes: safetensors([
        ("half", "F16", [patterns.count], patterns.flatMap { GGUFBytes.littleEndian($0) }),
        ("brain", "BF16", [2], [0x80, 0x3F, 0x49, 0xC0]),
      ]))
    let found = try #require(file.floats("half"))
    #expect(found.map(\.bitPattern) == patterns.map { Float(Float16(bitPattern: $0)).bitPattern })
    #expect(file.floats("brain") == [1, -3.140625])
    #expect(file.floats("other") == nil)
  }

  @Test func anInfiniteHalfIsRefused() throws {
    try withModel { checkpoint, model in
      let entries = tensors(of: model).map { tensor in
        (
          tensor.name, "F16", tensor.shape,
          tensor.values.flatMap { GGUFBytes.littleEndian(Float16($0).bitPattern) }
        )
      }
      try Data(safetensors(entries)).write(to: checkpoint.weights)
      let read = try checkpoint.transformer()
      let rounded = model.parameters.values.map { $0.map { Float(Float16($0)) } }
      #expect(read.parameters.values == rounded)
      var broken = entries
      broken[0].3.replaceSubrange(0..<2, with: [0x00, 0x7C])
      try Data(safetensors(broken)).write(to: checkpoint.weights)
      #expect(throws: CheckpointError.nonFinite(file: checkpoint.weights.path, tensor: broken[0].0))
      {
        try checkpoint.transformer()
      }
    }
  }

  @Test func aHeadBesideATiedEmbeddingMustBeTheEmbedding() throws {
    try withModel { checkpoint, model in
      var all = tensors(of: model)
      all.append(
        .init(
          name: "lm_head.weight", shape: [7, 8],
          values: model.parameters["model.embed_tokens.weight"]))
      all.append(
        .init(name: "model.layers.0.self_attn.rotary_emb.inv_freq", shape: [1], values: [1]))
      try Data(SafetensorsFile.encode(all)).write(to: checkpoint.weights)
      #expect(try checkpoint.transformer().parameters.values == model.parameters.values)
      all[all.count - 2].values[3] += 1
      try Data(SafetensorsFile.encode(all)).write(to: checkpoint.weights)
      #expect(throws: CheckpointError.untiedHead(file: checkpoint.weights.path)) {
        try checkpoint.transformer()
      }
    }
  }

  @Test(arguments: [
    (
      #""rope_type": "default""#, #""rope_type": "default", "partial_rotary_factor": 0.5"#,
      "partial_rotary_factor"
    ),
    (
      #""hidden_act": "silu""#,
      #""hidden_act": "silu", "rope_scaling": {"type": "linear", "factor": 2}"#, "linear"
    ),
    (
      #""num_hidden_layers": 2"#, #""num_hidden_layers": 9999999"#,
      "model.layers.20.input_layernorm.weight"
    ),
  ])
  func whatIsNotComputedIsNamed(old: String, new: String, word: String) throws {
    try withModel { checkpoint, _ in
      let file = checkpoint.folder.appending(path: "config.json")
      let text = try String(contentsOf: file, encoding: .utf8)
      #expect(text.contains(old))
      try Data(text.replacing(old, with: new).utf8).write(to: file)
      let error = #expect(throws: CheckpointError.self) { try checkpoint.transformer() }
      #expect(error.map { "\($0)".contains(word) } == true, "\(String(describing: error))")
    }
  }

  @Test func headsMayBeWiderThanTheirShareOfTheStream() throws {
    try inTemporaryFolder { folder in
      var sizes = tinyConfiguration()
      sizes.headDimension = 6
      let model: Transformer<Float> = tinyModel(sizes)
      let checkpoint = Checkpoint(folder: folder.appending(path: "model"))
      try checkpoint.write(model, tokens: tokens)
      let read = try checkpoint.transformer()
      #expect(read.configuration.headDimension == 6)
      let naive = NaiveLlama(try doubled(model))
      let found = read.logProbabilities(of: exampleSequences)
      for (sequence, values) in zip(exampleSequences, found) {
        let exact = naive.logProbabilities(prompt: sequence.prompt, completion: sequence.completion)
        for (a, b) in zip(values, exact) { #expect(abs(Double(a) - b) < 2e-5) }
      }
    }
  }

  @Test func withoutAPadTokenTheEndTokenFillsUpRows() throws {
    try withModel { checkpoint, _ in
      let file = checkpoint.folder.appending(path: "config.json")
      let text = try String(contentsOf: file, encoding: .utf8)
      try Data(text.replacing(#""pad_token_id": 0"#, with: #""pad_token_id": null"#).utf8).write(
        to: file)
      #expect(try checkpoint.specialTokens() == SpecialTokens(begin: 1, end: 2, pad: 2))
    }
  }

  /// With pad token equal to end token, transformers would read a score before the end.
  @Test func aRewardModelNamesNoPadTokenThatEndsTexts() throws {
    try inTemporaryFolder { folder in
      let checkpoint = Checkpoint(folder: folder.appending(path: "reward"))
      let shared = SpecialTokens(begin: 0, end: 0, pad: 0)
      try checkpoint.write(ScalarModel(backbone: tinyModel(as: Float.self)), tokens: shared)
      let text = try String(
        contentsOf: checkpoint.folder.appending(path: "config.json"), encoding: .utf8)
      #expect(text.contains(#""pad_token_id": null"#))
      #expect(try checkpoint.specialTokens() == shared)
    }
  }
}

@Suite struct ShardTests {
  /// Two shards and their index in place of one file.
  private func sharded<Result>(
    index: (String) -> String = { $0 }, _ body: (Checkpoint, Transformer<Float>) throws -> Result
  ) throws -> Result {
    try inTemporaryFolder { folder in
      let model: Transformer<Float> = tinyModel()
      let checkpoint = Checkpoint(folder: folder.appending(path: "model"))
      try checkpoint.write(model, tokens: tokens)
      let all = try SafetensorsFile(bytes: Array(Data(contentsOf: checkpoint.weights)))
      try FileManager.default.removeItem(at: checkpoint.weights)
      var map: [String] = []
      for (number, names) in [all.entries.prefix(5), all.entries.dropFirst(5)].enumerated() {
        let file = "model-0000\(number + 1)-of-00002.safetensors"
        let tensors = try names.map {
          SafetensorsFile.Tensor(
            name: $0.name, shape: $0.shape, values: try #require(all.floats($0.name)))
        }
        try Data(SafetensorsFile.encode(tensors)).write(to: checkpoint.folder.appending(path: file))
        map += tensors.map { #""\#($0.name)": "\#(file)""# }
      }
      let text =
        #"{"metadata": {"total_size": 1}, "weight_map": {\#(map.joined(separator: ", "))}}"#
      try Data(index(text).utf8)
        .write(to: checkpoint.folder.appending(path: "model.safetensors.index.json"))
      return try body(checkpoint, model)
    }
  }

  private func refusal(_ index: (String) -> String) throws -> ShardIndexError? {
    try sharded(index: index) { checkpoint, _ in
      do {
        _ = try checkpoint.transformer()
        return nil
      } catch CheckpointError.malformedIndex(let file, let error) {
        return file.hasSuffix("model.safetensors.index.json") ? error : nil
      }
    }
  }

  @Test func aModelInTwoFilesIsThatInOne() throws {
    try sharded { (checkpoint: Checkpoint, model: Transformer<Float>) throws in
      #expect(checkpoint.isSharded)
      #expect(try checkpoint.transformer().parameters.values == model.parameters.values)
      #expect(try checkpoint.metadata().isEmpty)
    }
  }

  @Test func everyRuleHasItsOwnError() throws {
    let first = "model-00001-of-00002.safetensors"
    let name = "model.norm.weight"
    #expect(try refusal { _ in #"{"weight_map": {}}"# } == .noWeightMap)
    #expect(try refusal { _ in #"{"weight_map": {"a": 1}}"# } == .noWeightMap)
    #expect(try refusal { _ in "{}" } == .noWeightMap)
    #expect(
      try refusal { $0.replacing(first, with: "../x.safetensors") }
        == .foreignFile("../x.safetensors"))
    #expect(try refusal { $0.replacing(first, with: "x.bin") } == .foreignFile("x.bin"))
    #expect(
      try refusal { $0.replacing(#""\#(name)": "model-00002"#, with: #""other": "model-00002"#) }
        == .unlisted(tensor: name, file: "model-00002-of-00002.safetensors"))
    #expect(
      try refusal {
        $0.replacing(#"{"metadata""#, with: #"{"x": 0, "metadata""#).replacing(
          "{\"model.", with: "{\"extra\": \"\(first)\", \"model.")
      }
        == .missing(tensor: "extra", file: first))
  }

  @Test func aMissingShardIsNamed() throws {
    try sharded { checkpoint, _ in
      let shard = checkpoint.folder.appending(path: "model-00002-of-00002.safetensors")
      try FileManager.default.removeItem(at: shard)
      let error = #expect(throws: CheckpointError.self) { try checkpoint.transformer() }
      guard case .unreadable(shard.path, _) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
    }
  }
}

import Autograd
import TensorKernels

/// The decoder as a sampler runs it: only new tokens go through, keys and values stay behind.
///
/// It computes what `hiddenStates` computes, without a tape; a test pins one to the other.
struct CachedDecoder<Scalar: TensorScalar> {
  private let configuration: ModelConfiguration
  private let embedding: [Scalar]
  private let layers: [LayerWeights<Scalar>]
  private let finalNorm: [Scalar]
  private let head: PackedWeight<Scalar>
  private var table: RotaryTable<Scalar>
  private var caches: [KeyValueCache<Scalar>] = []
  private var work = DecoderBuffers<Scalar>()
  /// The logits of the rows last asked for, rows × vocabulary.
  var logits: [Scalar] = []

  init(_ model: Transformer<Scalar>) {
    configuration = model.configuration
    embedding = model.parameters[TensorName.embedding]
    layers = (0..<configuration.layers).map { LayerWeights(model, layer: $0) }
    finalNorm = model.parameters[TensorName.finalNorm]
    head = PackedWeight(
      model.parameters[configuration.headName], inputs: configuration.hiddenSize)
    table = RotaryTable(
      positions: 1, headDimension: configuration.headDimension, base: configuration.ropeTheta)
  }

  /// Makes room for `slots` sequences of `capacity` tokens; what the cache held may be lost.
  mutating func reserve(slots: Int, capacity: Int) {
    if table.positions < capacity {
      table = RotaryTable(
        positions: capacity, headDimension: table.headDimension, base: table.base)
    }
    if let first = caches.first, first.shape.slots >= slots, first.shape.capacity >= capacity {
      return
    }
    let cache = KeyValueCache<Scalar>(slots: slots, capacity: capacity, for: configuration)
    caches = [KeyValueCache<Scalar>](repeating: cache, count: configuration.layers)
  }

  /// Runs new tokens through all layers and leaves the logits of the wanted rows in `logits`.
  ///
  /// - Parameters:
  ///   - tokens: The new tokens of all sequences; those of one sequence follow one another.
  ///   - places: The slot and position of each token.
  ///   - wanted: The rows whose next token is asked for.
  mutating func run(tokens: [Int], places: CachePlaces, wanted: [Int]) {
    work.resize(rows: tokens.count, for: configuration)
    gather(embedding, columns: configuration.hiddenSize, rows: tokens, into: &work.stream)
    for layer in layers.indices {
      attend(layer, places)
      feedForward(layer)
    }
    computeLogits(of: wanted)
  }

  /// Gives slots what others hold of their prompts, in every layer.
  mutating func copy(_ prompts: [SequenceQueue.CachedPrompt]) {
    for prompt in prompts {
      for layer in caches.indices { caches[layer].copy(prompt) }
    }
  }

  private mutating func attend(_ layer: Int, _ places: CachePlaces) {
    work.normalize(work.stream, layers[layer].attentionNorm, epsilon)
    project(work.normalized, layers[layer].attentionInput, into: &work.attentionInput)
    caches[layer].attend(
      work.attentionInput, at: places, table: table, queries: &work.queries, into: &work.attended)
    addProjection(of: work.attended, layers[layer].attentionOutput, to: &work.stream)
  }

  private mutating func feedForward(_ layer: Int) {
    work.normalize(work.stream, layers[layer].feedForwardNorm, epsilon)
    project(work.normalized, layers[layer].gateAndUp, into: &work.gateAndUp)
    gate(work.gateAndUp, width: configuration.intermediateSize, into: &work.gated)
    addProjection(of: work.gated, layers[layer].down, to: &work.stream)
  }

  private mutating func computeLogits(of wanted: [Int]) {
    let width = configuration.hiddenSize
    resize(&work.last, to: wanted.count * width)
    resize(&logits, to: wanted.count * configuration.vocabularySize)
    gather(work.stream, columns: width, rows: wanted, into: &work.last)
    work.normalize(work.last, finalNorm, epsilon)
    project(work.normalized, head, into: &logits)
  }

  private var epsilon: Scalar { Scalar(configuration.normEpsilon) }
}

private func gather<Scalar: TensorScalar>(
  _ table: [Scalar], columns: Int, rows: [Int], into output: inout [Scalar]
) {
  var span = output.mutableSpan
  gatherRows(table.span, columns: columns, rows: rows, into: &span)
}

private func gate<Scalar: TensorScalar>(
  _ input: [Scalar], width: Int, into output: inout [Scalar]
) {
  var span = output.mutableSpan
  swiGLU(input.span, width: width, into: &span)
}

private func project<Scalar: TensorScalar>(
  _ input: [Scalar], _ weight: PackedWeight<Scalar>, into output: inout [Scalar]
) {
  var span = output.mutableSpan
  weight.assignProduct(input.span, into: &span)
}

private func addProjection<Scalar: TensorScalar>(
  of input: [Scalar], _ weight: PackedWeight<Scalar>, to output: inout [Scalar]
) {
  var span = output.mutableSpan
  weight.addProduct(input.span, into: &span)
}

/// The tensors of one layer; those that read the same input are one matrix.
private struct LayerWeights<Scalar: TensorScalar> {
  let (attentionNorm, feedForwardNorm): ([Scalar], [Scalar])
  let (attentionInput, attentionOutput): (PackedWeight<Scalar>, PackedWeight<Scalar>)
  let (gateAndUp, down): (PackedWeight<Scalar>, PackedWeight<Scalar>)

  init(_ model: Transformer<Scalar>, layer: Int) {
    let configuration = model.configuration
    func tensor(_ name: String) -> [Scalar] {
      model.parameters[TensorName.inLayer(layer, name)]
    }
    func packed(_ names: [String], inputs: Int) -> PackedWeight<Scalar> {
      PackedWeight(names.flatMap(tensor), inputs: inputs)
    }
    attentionNorm = tensor("input_layernorm")
    feedForwardNorm = tensor("post_attention_layernorm")
    attentionInput = packed(
      ["q", "k", "v"].map { "self_attn.\($0)_proj" }, inputs: configuration.hiddenSize)
    attentionOutput = packed(["self_attn.o_proj"], inputs: configuration.queryWidth)
    gateAndUp = packed(["mlp.gate_proj", "mlp.up_proj"], inputs: configuration.hiddenSize)
    down = packed(["mlp.down_proj"], inputs: configuration.intermediateSize)
  }
}

/// Activations of the rows in flight, kept from step to step.
private struct DecoderBuffers<Scalar: TensorScalar> {
  var (stream, normalized, last): ([Scalar], [Scalar], [Scalar]) = ([], [], [])
  var (attentionInput, queries, attended): ([Scalar], [Scalar], [Scalar]) = ([], [], [])
  var (gateAndUp, gated, scales): ([Scalar], [Scalar], [Scalar]) = ([], [], [])

  mutating func resize(rows: Int, for configuration: ModelConfiguration) {
    let inputs = configuration.queryWidth + 2 * configuration.keyValueWidth
    TensorKernels.resize(&stream, to: rows * configuration.hiddenSize)
    TensorKernels.resize(&attentionInput, to: rows * inputs)
    TensorKernels.resize(&queries, to: rows * configuration.queryWidth)
    TensorKernels.resize(&attended, to: rows * configuration.queryWidth)
    TensorKernels.resize(&gateAndUp, to: 2 * rows * configuration.intermediateSize)
    TensorKernels.resize(&gated, to: rows * configuration.intermediateSize)
  }

  /// Leaves the input's RMS norm in `normalized`.
  mutating func normalize(_ input: [Scalar], _ gain: [Scalar], _ epsilon: Scalar) {
    TensorKernels.resize(&scales, to: input.count / gain.count)
    TensorKernels.resize(&normalized, to: input.count)
    writeNorm(of: input, gain, epsilon, into: &normalized, scales: &scales)
  }
}

private func writeNorm<Scalar: TensorScalar>(
  of input: [Scalar], _ gain: [Scalar], _ epsilon: Scalar, into output: inout [Scalar],
  scales: inout [Scalar]
) {
  var span = output.mutableSpan
  var scaleSpan = scales.mutableSpan
  rmsNorm(input.span, gain: gain.span, epsilon: epsilon, into: &span, scales: &scaleSpan)
}

/// The keys and values of one layer for sequences that grow.
struct KeyValueCache<Scalar: TensorScalar> {
  let shape: CacheShape
  private var keys: [Scalar]
  private var values: [Scalar]

  init(slots: Int, capacity: Int, for configuration: ModelConfiguration) {
    let attention = AttentionShape(
      segments: Segments(lengths: []), heads: configuration.heads,
      keyValueHeads: configuration.keyValueHeads, headDimension: configuration.headDimension)
    shape = CacheShape(attention: attention, slots: slots, capacity: capacity)
    keys = [Scalar](repeating: 0, count: shape.keyCount)
    values = [Scalar](repeating: 0, count: shape.valueCount)
  }

  /// Takes new rows in and attends from each of them over its sequence up to its own place.
  ///
  /// - Parameters:
  ///   - rows: Queries, keys and values of every row side by side.
  ///   - places: Where each row belongs; those of one sequence follow one another.
  ///   - table: The rotations of all positions.
  ///   - queries: Room for the queries, turned.
  ///   - output: What each row attends to.
  mutating func attend(
    _ rows: [Scalar], at places: CachePlaces, table: RotaryTable<Scalar>,
    queries: inout [Scalar], into output: inout [Scalar]
  ) {
    place(rows, places, shape, table, keys: &keys, values: &values, queries: &queries)
    var outputSpan = output.mutableSpan
    cachedAttention(
      queries: queries.span, at: places, of: shape, keys: keys.span, values: values.span,
      into: &outputSpan)
  }

  /// Gives a slot the keys and values that another one holds of a prompt.
  mutating func copy(_ prompt: SequenceQueue.CachedPrompt) {
    copyPrompt(prompt, shape, keys: &keys, values: &values)
  }
}

private func copyPrompt<Scalar: TensorScalar>(
  _ prompt: SequenceQueue.CachedPrompt, _ shape: CacheShape, keys: inout [Scalar],
  values: inout [Scalar]
) {
  var keySpan = keys.mutableSpan
  var valueSpan = values.mutableSpan
  copyCached(
    positions: prompt.positions, from: prompt.source, to: prompt.target, of: shape, keys: &keySpan,
    values: &valueSpan)
}

private func place<Scalar: TensorScalar>(
  _ rows: [Scalar], _ places: CachePlaces, _ shape: CacheShape, _ table: RotaryTable<Scalar>,
  keys: inout [Scalar], values: inout [Scalar], queries: inout [Scalar]
) {
  var keySpan = keys.mutableSpan
  var valueSpan = values.mutableSpan
  var querySpan = queries.mutableSpan
  cacheRows(
    rows.span, at: places, of: shape, table: table, keys: &keySpan, values: &valueSpan,
    queries: &querySpan)
}

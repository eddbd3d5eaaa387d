# Draws model-value-error.svg and model-value-error.png from model-value-error.csv:  gnuplot model-value-error.gp
set datafile separator ","
set title "How good a baseline the learned value is" font ",13"
set xlabel "PPO iterations"
set ylabel "e² / b*²"
set border 3 lc rgb "#666666"
set tics nomirror out
set grid lc rgb "#e4e4e4" lw 1
set key outside right top vertical Left reverse samplen 2
set style fill transparent solid 0.18 noborder
set xtics auto
set logscale y
set format y "10^{%T}"
data = "model-value-error.csv"
set terminal svg size 760,420 font "Helvetica,12" name "model_value_error" background rgb "white"
set output "model-value-error.svg"
plot data using ($1==0?$2:1/0):($1==0?$4:1/0):($1==0?$5:1/0) skip 1 with filledcurves lc rgb "#888888" notitle, \
  data using ($1==0?$2:1/0):($1==0?$3:1/0) skip 1 with linespoints lw 2 pt 7 ps 0.35 lc rgb "#888888" title "PPO-GT"
set terminal pngcairo size 1140,630 font "Helvetica,15"
set output "model-value-error.png"
replot

# Draws gold-by-step.svg and gold-by-step.png from gold-by-step.csv:  gnuplot gold-by-step.gp
set datafile separator ","
set title "Gold reward against training steps" font ",13"
set xlabel "training steps done, % (DPO: batches of pairs; PPO: iterations of rollouts)"
set ylabel "gold reward"
set border 3 lc rgb "#666666"
set tics nomirror out
set grid lc rgb "#e4e4e4" lw 1
set key outside right top vertical Left reverse samplen 2
set style fill transparent solid 0.18 noborder
set xtics auto
data = "gold-by-step.csv"
set terminal svg size 760,420 font "Helvetica,12" name "gold_by_step" background rgb "white"
set output "gold-by-step.svg"
plot data using ($1==0?$2:1/0):($1==0?$4:1/0):($1==0?$5:1/0) skip 1 with filledcurves lc rgb "#0072B2" notitle, \
  data using ($1==0?$2:1/0):($1==0?$3:1/0) skip 1 with linespoints lw 2 pt 7 ps 0.35 lc rgb "#0072B2" title "PPO", \
  data using ($1==1?$2:1/0):($1==1?$4:1/0):($1==1?$5:1/0) skip 1 with filledcurves lc rgb "#56B4E9" notitle, \
  data using ($1==1?$2:1/0):($1==1?$3:1/0) skip 1 with linespoints lw 2 pt 7 ps 0.35 lc rgb "#56B4E9" title "PPO-GT", \
  data using ($1==2?$2:1/0):($1==2?$4:1/0):($1==2?$5:1/0) skip 1 with filledcurves lc rgb "#D55E00" notitle, \
  data using ($1==2?$2:1/0):($1==2?$3:1/0) skip 1 with linespoints lw 2 pt 7 ps 0.35 lc rgb "#D55E00" title "DPO"
set terminal pngcairo size 1140,630 font "Helvetica,15"
set output "gold-by-step.png"
replot
